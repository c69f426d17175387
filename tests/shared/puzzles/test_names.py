"""A family's name, its file and its class agree, so that who knows one finds the others."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import vtb.puzzles
from vtb.puzzles.registry import families

ROOT = Path(vtb.puzzles.__path__[0])
PREFIXED = ("maze", "visual")  # groups whose names begin with the group's; files and classes need not repeat it
FILES = {
    path.relative_to(ROOT).as_posix()
    for group in ROOT.iterdir()
    for path in group.glob("*.py")
    if "FAMILY = " in path.read_text()
}


def words(name: str) -> str:
    """``arc_agi_2`` as ``ArcAgi2``."""
    return "".join(word.capitalize() for word in name.split("_"))


@pytest.mark.parametrize("name", sorted(families()))
def test_name_file_and_class_agree(name: str) -> None:
    family = families()[name]
    short = name.removeprefix(f"{family.group}_") if family.group in PREFIXED else name
    assert Path(inspect.getfile(type(family))).relative_to(ROOT).as_posix() == f"{family.group}/{short}.py"
    assert type(family).__name__ == words(short) + ("Maze" if family.group == "maze" else "")


def test_every_file_of_a_family_is_found() -> None:
    found = {Path(inspect.getfile(type(family))).relative_to(ROOT).as_posix() for family in families().values()}
    assert found == FILES
    assert len(FILES) == len(families())
