"""What is generated for an image: the project's metadata, so that its entry points are found, and its SBOM.

An image holds the sources as they are, not an installed package; `importlib.metadata` finds what is written here beside
them. Both depend on the checkout alone, so that the same checkout gives the same bytes.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from images.declaration import Image, version
from images.lock import declared, locked, project

FORMAT = "CycloneDX"
FORMAT_VERSION = "1.6"
NAMESPACE = uuid.UUID("6a1d1a0e-5a57-5be4-9d5a-0f1b4c1c9b5e")  # ours, for the serial numbers of SBOMs


def dist_info(image: Image) -> dict[str, bytes]:
    """The files of `vtb_train-VERSION.dist-info` for an image, by name; none for an image without our sources."""
    if not image.source:
        return {}
    folder = f"{project()['name'].replace('-', '_')}-{version()}.dist-info"
    texts = {"METADATA": _metadata(image), "entry_points.txt": "\n".join(_entry_points(image))}
    return {f"{folder}/{name}": text.encode() for name, text in texts.items()}


def _metadata(image: Image) -> str:
    table = project()
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {table['name']}",
        f"Version: {version()}",
        f"Summary: {table['description']}",
        f"License-Expression: {table['license']}",
        f"Requires-Python: {table['requires-python']}",
        *(f"Requires-Dist: {requirement}" for requirement in declared(image)),
    ]
    return "".join(f"{line}\n" for line in lines)


def _entry_points(image: Image) -> Iterator[str]:
    """Those whose package is in the image, group by group, as entry_points.txt writes them."""
    inside = {"vtb", *(package.name for package in image.packages)}
    for group, entries in project().get("entry-points", {}).items():
        yield f"[{group}]"
        yield from (f"{name} = {value}" for name, value in entries.items() if value.split(".")[0] in inside)
        yield ""


def sbom(image: Image) -> str:
    """The software bill of materials of an image, as CycloneDX JSON: what its lock pins, and our own code.

    What comes with the base image, and the CUDA packages that no lock pins, are not in it; it says so itself.
    """
    title = f"vtb/{image.name}"
    libraries = [_component("library", name, pin) for name, pin in sorted(locked(image.lock).items())]
    ours = [_component("application", project()["name"], version())] if image.source else []
    bom: dict[str, Any] = {
        "bomFormat": FORMAT,
        "specVersion": FORMAT_VERSION,
        "version": 1,
        "metadata": {
            "component": {"type": "container", "bom-ref": title, "name": title, "version": version(),
                          "description": image.description},
        },
        "components": [*ours, *libraries],
        "compositions": [{"aggregate": "incomplete", "assemblies": [title]}],
    }  # fmt: skip
    serial = uuid.uuid5(NAMESPACE, json.dumps(bom, sort_keys=True))
    return json.dumps({**bom, "serialNumber": f"urn:uuid:{serial}"}, indent=2, sort_keys=True) + "\n"


def _component(kind: str, name: str, pin: str) -> dict[str, str]:
    purl = f"pkg:pypi/{name}@{pin}"
    return {"type": kind, "bom-ref": purl, "name": name, "version": pin, "purl": purl}


def write_sbom(image: Image, folder: Path) -> Path:
    """Write the SBOM of an image that has a lock; its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{image.name}.cdx.json"
    path.write_text(sbom(image), encoding="utf-8")
    return path
