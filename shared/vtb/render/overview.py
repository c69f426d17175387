"""The table of commands and images in the README of the project."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from vtb.render.tables import stage_pages
from vtb.stage.registry import installed

_BLOCK = re.compile(r"(<!-- commands -->\n).*?(<!-- end of commands -->)", re.DOTALL)
HEAD = ["| command | image | does |", "|---|---|---|"]
BASE = "base"  # what images start from, and nobody runs


def rendered(root: Path) -> dict[Path, str]:
    """The README with the table as it should be."""
    page = root / "README.md"
    table = "".join(f"{line}\n" for line in [*HEAD, *_stages(root), *_others(root)])
    return {page: _BLOCK.sub(lambda match: match[1] + table + match[2], page.read_text(encoding="utf-8"))}


def _stages(root: Path) -> Iterator[str]:
    """A row for each stage, with a link to the page that has its options."""
    pages = stage_pages(root)
    for name, found in installed().items():
        stage = found.stage
        link = f"[`{stage.command}`]({pages[name].relative_to(root).as_posix()})"
        yield f"| {link} | `{stage.image}` | {stage.summary.rstrip('.')} |"


def _others(root: Path) -> Iterator[str]:
    """A row for each image that is no stage's."""
    declared = yaml.safe_load((root / "images" / "images.yaml").read_text(encoding="utf-8"))["images"]
    of_stages = {found.stage.image for found in installed().values()}
    for name, image in declared.items():
        if f"vtb/{name}" not in of_stages and name != BASE:
            command = f"`{image['command']}`" if "command" in image else ""
            yield f"| {command} | `vtb/{name}` | {image['description']} |".replace("|  |", "| |")
