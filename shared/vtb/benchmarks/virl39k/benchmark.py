"""The training set as a benchmark: rows that were held out, scored by category."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.benchmarks.registry import Asking, Benchmark, LeftOut
from vtb.benchmarks.virl39k import NAME
from vtb.tasks.task import Task


def tasks() -> Mapping[str, Task[Any]]:
    """One for each category that somebody asks for: their names are nowhere published."""
    from vtb.benchmarks.virl39k.task import TASKS

    return TASKS


def read(path: Path) -> Sequence[Asking | LeftOut]:
    """Its questions."""
    from vtb.benchmarks.virl39k.questions import read_published

    return read_published(path)


BENCHMARK = Benchmark(NAME, tasks, read=read, shows="pictures")
