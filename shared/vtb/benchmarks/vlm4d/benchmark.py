"""The benchmark as the registry finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.benchmarks.registry import Asking, Benchmark, PublishedTable
from vtb.benchmarks.vlm4d import NAME, SIZES
from vtb.benchmarks.vlm4d.published import PUBLISHED, SOURCE
from vtb.tasks.task import Task

COLUMNS = ("overall", "macro", "real", "real_ego", "real_exo", "synthetic", "synthetic_directional", "synthetic_fp")
READING = "our strict reading of an answer"


def tasks() -> Mapping[str, Task[Any]]:
    """One for each kind of question."""
    from vtb.benchmarks.vlm4d.task import Vlm4dTask

    return {name: Vlm4dTask(name) for name in SIZES}


def read(path: Path) -> Sequence[Asking]:
    """Its questions."""
    from vtb.benchmarks.vlm4d.questions import read_published

    return read_published(path)


def summarise(scores: Mapping[str, float]) -> dict[str, float]:
    """The kinds that are there, and the sums of those that are whole, weighted by the benchmark's numbers."""
    columns = {name: scores[name] for name in SIZES if name in scores}
    for column, start in (("real", "real"), ("synthetic", "synthetic"), ("overall", "")):
        names = [name for name in SIZES if name.startswith(start)]
        if all(name in scores for name in names):
            total = sum(SIZES[name] for name in names)
            columns[column] = sum(SIZES[name] * scores[name] for name in names) / total
    if "overall" in columns:
        columns["macro"] = sum(scores[name] for name in SIZES) / len(SIZES)
    return {column: columns[column] for column in COLUMNS if column in columns}


TABLE = PublishedTable(NAME, SOURCE, COLUMNS, PUBLISHED, sum(SIZES.values()), summarise, READING)
BENCHMARK = Benchmark(NAME, tasks, TABLE, read)
