"""What images.yaml declares: the images, each after its parent, and where their files lie."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import yaml

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "images"


class Unavailable(click.ClickException):
    """Something the command needs is missing: Docker, uv, a wheel, a lock."""

    exit_code = 4


@dataclasses.dataclass(frozen=True)
class Image:
    """One entry of images.yaml, which says what the fields mean."""

    name: str
    description: str
    folder: str
    parent: str = ""
    target: str = ""
    extra: str = ""
    source: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    command: str = ""
    module: str = ""
    port: int = 0
    trial: tuple[str, ...] = ()

    @property
    def lock(self) -> Path:
        """The pinned packages of the image."""
        return IMAGES / self.folder / "requirements.lock"

    @property
    def packages(self) -> list[Path]:
        """The folders of the stages' packages that the image contains."""
        return [package for stage in self.source for package in stage_packages(stage)]


def stage_packages(stage: str) -> list[Path]:
    """The packages of a stage, or of every stage where it is ``*``."""
    return sorted(path for path in (ROOT / "stages").glob(f"{stage}/vtb_*") if path.is_dir())


def load_images(path: Path = IMAGES / "images.yaml") -> dict[str, Image]:
    """Read the declaration of all images, in its order."""
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))["images"]
    return {name: _image(name, entry) for name, entry in entries.items()}


def _image(name: str, entry: dict[str, Any]) -> Image:
    lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
    source = entry.get("source", [])
    if isinstance(source, str):
        lists["source"] = tuple(package.parent.name for package in stage_packages(source))
    return Image(name=name, **{**entry, **lists})


def version() -> str:
    """Read the version of the project without importing it."""
    text = (ROOT / "shared" / "vtb" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(.+)"', text, re.MULTILINE)
    if not found:
        raise Unavailable("shared/vtb/__init__.py does not say __version__")
    return found[1]


def select(images: dict[str, Image], names: Sequence[str], parents: bool = True) -> list[Image]:
    """Order the named images (all, when none is named) so that each comes after its parent."""
    ordered: dict[str, Image] = {}

    def add(name: str) -> None:
        image = images[name]
        if parents and image.parent:
            add(image.parent)
        ordered[name] = image

    for name in names or images:
        add(name)
    return list(ordered.values())


def megabytes(size: int) -> str:
    """Write a size for people."""
    return f"{size / 1e6:,.1f} MB"


NAMES = click.argument("names", nargs=-1, type=click.Choice(list(load_images())), metavar="[NAME]...")
FOLDER = click.Path(file_okay=False, path_type=Path)
PREFIX = click.option(
    "--tag-prefix", "prefix", metavar="PREFIX", default="vtb", show_default=True, help="Tags are PREFIX/NAME:VERSION."
)
