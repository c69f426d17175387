"""The page about the architecture shows every folder of the library."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
FOLDERS = sorted(path.parent.name for path in (ROOT / "shared" / "vtb").glob("*/__init__.py"))
NOT_DRAWN = {"cluster", "launch", "cli", "pipeline", "render"}  # no sample passes through them


@pytest.mark.parametrize("name", FOLDERS)
def test_every_folder_is_in_the_table_and_in_the_picture(name: str) -> None:
    _, _, table = PAGE.partition("## Where things are")
    assert f"`{name}/" in table
    picture = PAGE.partition("```mermaid")[2].partition("```")[0]
    assert f"{name}/" in picture or name in NOT_DRAWN
