"""The benchmark as the registry finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.benchmarks.four_d_bench import VIEWS
from vtb.benchmarks.four_d_bench_captions import NAME, OBJECTS, TASK
from vtb.benchmarks.four_d_bench_captions.published import COLUMNS, PUBLISHED, SOURCE
from vtb.benchmarks.registry import Asking, Benchmark, PublishedTable, Verdict
from vtb.tasks.task import Task

READING = 'what follows "caption:" in an answer'


def tasks() -> Mapping[str, Task[Any]]:
    """One."""
    from vtb.benchmarks.four_d_bench_captions.task import TASKS

    return TASKS


def read(path: Path) -> Sequence[Asking]:
    """Its objects."""
    from vtb.benchmarks.four_d_bench_captions.questions import read_published

    return read_published(path)


def files(verdicts: Sequence[Verdict]) -> Mapping[str, bytes]:
    """As the released scripts write them."""
    from vtb.benchmarks.four_d_bench_captions import results

    return results.files(verdicts)


def columns(verdicts: Sequence[Verdict]) -> Mapping[str, float]:
    """Its table."""
    from vtb.benchmarks.four_d_bench_captions import results

    return results.columns(verdicts)


def summarise(scores: Mapping[str, float]) -> dict[str, float]:
    """The grade of a caption is its ROUGE-L."""
    return {"rouge": scores[TASK]} if TASK in scores else {}


TABLE = PublishedTable(NAME, SOURCE, COLUMNS, PUBLISHED, OBJECTS, summarise, READING)
BENCHMARK = Benchmark(NAME, tasks, TABLE, read, views=VIEWS, files=files, columns=columns)
