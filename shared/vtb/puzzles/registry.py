"""Every puzzle family: one file each, found by scanning the folders beside this file and the group ``vtb.puzzles``."""

from __future__ import annotations

import difflib
import functools
import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

from vtb.errors import UsageProblem
from vtb.plug_ins import plug_ins
from vtb.puzzles.family import Family

GROUP = "vtb.puzzles"
HELPERS = "common"  # name of the folders that hold no families


@functools.cache
def families() -> dict[str, Family[Any]]:
    """Every family by name: the modules below this folder that have a ``FAMILY``, and those that packages add.

    A package's family that fails to load is named and left out: most commands do not need it.
    """
    return _in("vtb.puzzles") | _added()


@functools.cache
def families_of(group: str) -> dict[str, Family[Any]]:
    """Those of one group, which lie in the folder of its name: the others are not loaded for it."""
    return _in(f"vtb.puzzles.{group}") | {name: family for name, family in _added().items() if family.group == group}


def _in(package: str) -> dict[str, Family[Any]]:
    loaded = (getattr(importlib.import_module(module), "FAMILY", None) for module in _modules(package))
    return {family.name: family for family in loaded if family is not None}


@functools.cache
def _added() -> dict[str, Family[Any]]:
    return plug_ins(GROUP, "puzzle family", Family)  # type: ignore[type-abstract]


def _modules(package: str) -> Iterator[str]:
    """The modules of a package and those of its folders, but for the folders of helpers."""
    for info in pkgutil.iter_modules(importlib.import_module(package).__path__):
        if info.ispkg and info.name != HELPERS:
            yield from _modules(f"{package}.{info.name}")
        elif not info.ispkg:
            yield f"{package}.{info.name}"


def find_family(name: str) -> Family[Any]:
    """A family by name; a usage problem that lists the known ones otherwise."""
    known = families()
    for candidate in (name, f"visual_{name}"):  # the benchmark calls visual puzzles by the second part alone
        if candidate in known:
            return known[candidate]
    near = difflib.get_close_matches(name, known, 3)
    choose = f"did you mean {' or '.join(near)}?" if near else f"choose one of {', '.join(sorted(known))}"
    raise UsageProblem(f"there is no puzzle family {name!r}: {choose}")
