"""The benchmark as the registry finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.benchmarks.comt import CATEGORIES, NAME
from vtb.benchmarks.registry import Asking, Benchmark, PublishedTable
from vtb.tasks.task import Task

MACRO = "macro"
SOURCE = "CoMT, arXiv 2412.12932; macro: the plain mean of the categories; all questions alike: overall, above"
READING = "our strict reading of an answer"
QUESTIONS = 3853


def tasks() -> Mapping[str, Task[Any]]:
    """One for each category."""
    from vtb.benchmarks.comt.task import ComtTask

    return {name: ComtTask(name) for name in CATEGORIES}


def read(path: Path) -> Sequence[Asking]:
    """Its questions, in either published form."""
    from vtb.benchmarks.comt.questions import read_published

    return read_published(path)


def summarise(scores: Mapping[str, float]) -> dict[str, float]:
    """The categories that are there, and where all are, their plain mean."""
    found = {name: scores[name] for name in CATEGORIES if name in scores}
    if len(found) < len(CATEGORIES):
        return found
    return {MACRO: sum(found.values()) / len(found), **found}


TABLE = PublishedTable(NAME, SOURCE, (MACRO, *CATEGORIES), {}, QUESTIONS, summarise, READING)
BENCHMARK = Benchmark(NAME, tasks, TABLE, read, "pictures")
