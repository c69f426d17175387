"""This run beside the published table: task by task, and what may not be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vtb.benchmarks.videothinkbench import NAME
from vtb.benchmarks.videothinkbench.published import CATEGORIES, COUNTS, PER_CATEGORY, PER_TASK, RULES
from vtb_eval.result import Result

VISUAL = "people judged pictures and videos there, our own rule (auto) does here; words can be compared"


def compare(results: Sequence[Result], figures: Mapping[str, Any]) -> dict[str, Any]:
    """Published figures and ours, in percent, for the tasks of this run; and per category where all its tasks are."""
    tasks = [task for task in PER_TASK if task in figures["per_task"]]
    return {
        "tasks": {task: _task(task, results, figures) for task in tasks},
        "categories": {
            name: {"this run": _percent(_mean(name, figures)), **_published(name)}
            for name, members in CATEGORIES.items()
            if set(members) <= set(tasks)
        },
    }


def _task(task: str, results: Sequence[Result], figures: Mapping[str, Any]) -> dict[str, Any]:
    signals = {
        name: _percent(signal["per_task"][task]["strict"]["rate"])
        for name, signal in figures["per_signal"].items()
        if task in signal["per_task"]
    }
    return {
        "this run": {"combined": _percent(figures["per_task"][task]["strict"]["rate"]), **signals},
        "published": PER_TASK[task],
        "compare": {column: rule for column in PER_TASK[task] if (rule := _rule(task, column)) in signals},
        "not comparable": _obstacles(task, results),
    }


def _rule(task: str, column: str) -> str:
    """Which of our signals a published column is to be read beside."""
    rule = RULES[column]
    return "best" if rule == "last" and task.startswith("visual_") else rule


def _obstacles(task: str, results: Sequence[Result]) -> list[str]:
    """Why the figures of a task may not be compared; none where they may."""
    mine = [result for result in results if result.task == task]
    puzzles, found = len({result.id for result in mine}), list[str]()
    if not all(result.source == NAME for result in mine):
        found.append("these puzzles were generated here, with other sizes and difficulty than the benchmark's")
    elif puzzles != COUNTS[task]:
        found.append(f"{puzzles} puzzles, not the benchmark's {COUNTS[task]}")
    if any(not result.signals for result in mine):
        found.append(f"{sum(not result.signals for result in mine)} without an answer count as wrong")
    return found + ([VISUAL] if task.startswith("visual_") else [])


def _mean(category: str, figures: Mapping[str, Any]) -> float:
    """The mean over the tasks, which have as many puzzles each."""
    rates: list[float] = [figures["per_task"][task]["strict"]["rate"] for task in CATEGORIES[category]]
    return sum(rates) / len(rates)


def _published(category: str) -> dict[str, float]:
    return {model: row[category] for model, row in PER_CATEGORY.items()}


def _percent(rate: float) -> float:
    return round(100 * rate, 1)
