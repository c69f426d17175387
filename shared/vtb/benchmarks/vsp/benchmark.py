"""The benchmark as the registry finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.benchmarks.registry import Asking, Benchmark, PublishedTable
from vtb.benchmarks.vsp import KNOWN, NAME, SIZES
from vtb.tasks.task import Task

MACRO = "macro"
COLUMN_OF = {f"vsp_{size}": f"{size}x{size}" for size in SIZES}
SOURCE = "VSP spatial planning as Mirage and ILVR test it; macro: the plain mean of the sizes"
READING = "walking the moves of an answer on the map"
QUESTIONS = 400


def tasks() -> Mapping[str, Task[Any]]:
    """One for each size of map."""
    from vtb.benchmarks.vsp.task import VspTask

    return {f"vsp_{size}": VspTask(size) for size in KNOWN}


def read(path: Path) -> Sequence[Asking]:
    """Its questions."""
    from vtb.benchmarks.vsp.questions import read_published

    return read_published(path)


def summarise(scores: Mapping[str, float]) -> dict[str, float]:
    """The sizes that are there, and where all are, their plain mean."""
    found = {column: scores[name] for name, column in COLUMN_OF.items() if name in scores}
    return found if len(found) < len(COLUMN_OF) else {MACRO: sum(found.values()) / len(found), **found}


TABLE = PublishedTable(NAME, SOURCE, (MACRO, *COLUMN_OF.values()), {}, QUESTIONS, summarise, READING)
BENCHMARK = Benchmark(NAME, tasks, TABLE, read, "pictures")
