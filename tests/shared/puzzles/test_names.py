"""A family's name, its file and its class agree, so that who knows one finds the others."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import vtb.puzzles
from vtb.puzzles.registry import families, families_of

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


def test_a_group_is_what_its_folder_holds() -> None:
    groups = {family.group for family in families().values()}
    for group in groups:
        assert families_of(group) == {name: one for name, one in families().items() if one.group == group}
    assert len(groups) == 4


@pytest.mark.parametrize(("program", "group"), [("visual", "visual"), ("eyeballing", "eyeballing"), ("arc", "arc")])
def test_a_command_for_one_group_loads_no_other(program: str, group: str) -> None:
    ask = f"import sys, vtb_generate.{program}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout.split()
    assert f"vtb.puzzles.{group}.common" in loaded
    assert [name for name in loaded if name.startswith("vtb.puzzles.") and name.endswith(".common")] == [
        f"vtb.puzzles.{group}.common"
    ]
