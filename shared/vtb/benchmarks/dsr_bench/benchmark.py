"""The benchmark as the registry finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.benchmarks.common.means import by_sizes
from vtb.benchmarks.dsr_bench import NAME, QUESTIONS, SIZES
from vtb.benchmarks.registry import Asking, Benchmark, PublishedTable
from vtb.tasks.task import Task

SOURCE = (
    "DSR-Bench, the figure in the repository of the DSR Suite, its average under micro; GeoSR's page and EASI's table "
    "for other averages. Micro: types weighted by their questions, as counted over the 1,413 whose videos others had; "
    "macro: the plain mean of the 13 types"
)
READING = "our strict reading of an answer"
COLUMNS = ("micro", "macro", *SIZES)
_SUITE = (87.0, 73.8, 84.1, 73.8, 72.0, 35.5, 75.8, 76.1, 77.7, 60.0, 37.1, 35.1, 46.4)
PUBLISHED: Mapping[str, Mapping[str, float]] = {
    "DSR Suite-7B": {"micro": 58.9, **dict(zip(SIZES, _SUITE, strict=True))},
    "GeoSR": {"micro": 66.1}, "VG-LLM": {"micro": 38.4}, "Qwen2.5-VL-7B": {"micro": 23.5},
    "Qwen3-VL-8B": {"micro": 28.7}, "InternVL3.5-8B": {"micro": 25.4},
}  # fmt: skip


def tasks() -> Mapping[str, Task[Any]]:
    """One for each type."""
    from vtb.benchmarks.dsr_bench.task import DsrTask

    return {name: DsrTask(name) for name in SIZES}


def read(path: Path) -> Sequence[Asking]:
    """Its questions."""
    from vtb.benchmarks.dsr_bench.questions import read_published

    return read_published(path)


def summarise(scores: Mapping[str, float]) -> dict[str, float]:
    """The types that are there, and where all are, their means: weighted by the numbers of questions, and plain."""
    return by_sizes(scores, SIZES, "micro")


TABLE = PublishedTable(NAME, SOURCE, COLUMNS, PUBLISHED, QUESTIONS, summarise, READING)
BENCHMARK = Benchmark(NAME, tasks, TABLE, read)
