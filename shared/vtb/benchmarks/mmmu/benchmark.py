"""The benchmark as the registry finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.benchmarks.mmmu import DISCIPLINES, NAME
from vtb.benchmarks.registry import Asking, Benchmark, LeftOut, PublishedTable
from vtb.tasks.task import Task

OVERALL = "overall"
SOURCE = (
    "MMMU, arXiv 2311.16502; a discipline is the plain mean of its subjects, overall that of all 30: in the validation "
    "split they have as many questions each"
)
READING = "our strict reading of an answer"
QUESTIONS = 900  # of the validation split


def tasks() -> Mapping[str, Task[Any]]:
    """One for each subject."""
    from vtb.benchmarks.mmmu.task import TASKS

    return TASKS


def read(path: Path) -> Sequence[Asking | LeftOut]:
    """Its questions."""
    from vtb.benchmarks.mmmu.questions import read_published

    return read_published(path)


def summarise(scores: Mapping[str, float]) -> dict[str, float]:
    """The disciplines of which all subjects are there, and where all are, the mean of the subjects."""
    columns: dict[str, float] = {}
    for discipline, subjects in DISCIPLINES.items():
        found = [scores[name] for subject in subjects if (name := f"{NAME}_{subject}") in scores]
        if len(found) == len(subjects):
            columns[discipline] = sum(found) / len(found)
    if len(columns) < len(DISCIPLINES):
        return columns
    every = [scores[f"{NAME}_{subject}"] for subjects in DISCIPLINES.values() for subject in subjects]
    return {OVERALL: sum(every) / len(every), **columns}


TABLE = PublishedTable(NAME, SOURCE, (OVERALL, *DISCIPLINES), {}, QUESTIONS, summarise, READING)
BENCHMARK = Benchmark(NAME, tasks, TABLE, read, "own pictures")
