"""What is generated for the images: entry points and bills of materials."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from images import declaration, metadata
from images import lock as locks

ALL = declaration.load_images()
LOCKED = {name: image for name, image in ALL.items() if image.extra}
each_locked = pytest.mark.parametrize("image", LOCKED.values(), ids=list(LOCKED))


def installed(name: str, folder: Path) -> importlib.metadata.Distribution:
    """The project as an image has it: its metadata in a folder of the search path."""
    for path, content in metadata.dist_info(ALL[name]).items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content)
    (found,) = importlib.metadata.distributions(name="vtb-train", path=[str(folder)])
    return found


def stages(found: importlib.metadata.Distribution) -> set[str]:
    return {entry.name for entry in found.entry_points if entry.group == "vtb.stages"}


def test_the_launcher_names_every_stage(tmp_path: Path) -> None:
    found = installed("launcher", tmp_path)
    assert stages(found) == set(locks.project()["entry-points"]["vtb.stages"])
    assert (found.metadata["Name"], found.version) == ("vtb-train", declaration.version())
    assert any(requirement.startswith("kubernetes") for requirement in found.requires or [])


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("curate", {"curate"}),
        ("gen-visual", {"gen-maze", "gen-eyeballing", "gen-visual", "gen-arc", "gen-rooms", "gen-dynamic"}),
        ("eval", {"eval"}),
    ],
)
def test_a_stage_names_only_what_it_contains(name: Any, own: Any, tmp_path: Path) -> None:
    assert stages(installed(name, tmp_path)) == own


def test_nothing_for_images_without_our_code() -> None:
    assert metadata.dist_info(ALL["base"]) == metadata.dist_info(ALL["dev-store"]) == {}


def test_images_of_one_folder_have_the_same_metadata() -> None:
    # Or they would not share the layers of their one build.
    assert metadata.dist_info(ALL["gen-maze"]) == metadata.dist_info(ALL["gen-arc"])


# --- Bills of materials


@each_locked
def test_the_sbom_is_valid_and_lists_the_lock(image: declaration.Image) -> None:
    text = metadata.sbom(image)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bom = json.loads(text)
    libraries = {part["name"]: part["version"] for part in bom["components"] if part["type"] == "library"}
    assert libraries == locks.locked(image.lock)
    assert all(part["purl"] == f"pkg:pypi/{part['name']}@{part['version']}" for part in bom["components"])
    ours = [part["name"] for part in bom["components"] if part["type"] == "application"]
    assert ours == (["vtb-train"] if image.source else [])
    assert bom["metadata"]["component"]["name"] == f"vtb/{image.name}"


def test_the_validator_refuses_what_is_no_sbom() -> None:
    broken = json.loads(metadata.sbom(ALL["curate"]))
    broken["components"][0]["type"] = "thing"
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(broken)) is not None


def test_the_same_lock_gives_the_same_bytes_and_another_lock_another_number(tmp_path: Path, monkeypatch: Any) -> None:
    image = ALL["curate"]
    code = "from images import declaration as d, metadata as m; print(m.sbom(d.load_images()['curate']), end='')"
    command = [sys.executable, "-c", code]
    again = subprocess.run(command, capture_output=True, text=True, check=True, cwd=declaration.ROOT)
    assert again.stdout == metadata.sbom(image)
    before = json.loads(metadata.sbom(image))["serialNumber"]
    monkeypatch.setattr(metadata, "locked", lambda _: {"numpy": "1.0"})
    assert json.loads(metadata.sbom(image))["serialNumber"] != before


def test_it_is_written_where_the_build_says(tmp_path: Path) -> None:
    path = metadata.write_sbom(ALL["curate"], tmp_path / "sbom")
    assert path.name == "curate.cdx.json"
    assert path.read_text() == metadata.sbom(ALL["curate"])
