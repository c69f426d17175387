"""Benchmarks with a table of their own columns: this run, the most frequent answer, and the published figures."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from vtb.benchmarks.registry import Benchmark, PublishedTable, benchmarks
from vtb.tasks.registry import find_task
from vtb_eval.own_files import verdicts_of
from vtb_eval.result import Result
from vtb_eval.shares import Z_95

ENOUGH = 100  # questions of a task, from which on its most frequent right answer is more than luck
SETTING = "other frames, shown in another way, than where the published figures were measured"


def benchmark_tables(results: Sequence[Result]) -> dict[str, Any]:
    """By benchmark, in per cent; only those that publish such a table."""
    sources = dict.fromkeys(result.source for result in results)
    found = [benchmarks()[source] for source in sources if source in benchmarks()]
    return {
        benchmark.name: _table(benchmark, benchmark.table, [one for one in results if one.source == benchmark.name])
        for benchmark in found
        if benchmark.table is not None
    }


def _table(benchmark: Benchmark, table: PublishedTable, results: Sequence[Result]) -> dict[str, Any]:
    worth = _frequent(results)
    own: dict[str, Callable[[Result], float | None]] = {
        "this run": lambda result: result.score,
        "this run, read leniently": lambda result: result.tolerant_score,
        "the most frequent answer": lambda result: worth.get((result.source, result.task), result.blind),
    }
    rows = {name: _columns(table, results, value) for name, value in own.items()}
    if benchmark.columns is not None:
        rows = {"this run": dict(benchmark.columns(verdicts_of(results)))}
    return {
        "of": table.of,
        "source": table.source,
        "reading": table.reading,
        "columns": list(table.columns),
        "own": rows,
        "interval": _intervals(table, results),
        "published": {model: dict(row) for model, row in table.rows.items()},
        "not comparable": _obstacles(benchmark, table, results),
    }


def _columns(
    table: PublishedTable, results: Sequence[Result], value: Callable[[Result], float | None]
) -> dict[str, float]:
    means = {task: statistics.fmean(some) for task, some in _by_task(results, value).items()}
    return {column: round(100 * rate, 1) for column, rate in table.summarise(means).items()}


def _by_task(results: Sequence[Result], value: Callable[[Result], float | None]) -> dict[str, list[float]]:
    scores: dict[str, list[float]] = {}
    for result in results:
        if (score := value(result)) is not None:
            scores.setdefault(result.task, []).append(score)
    return scores


def _intervals(table: PublishedTable, results: Sequence[Result]) -> dict[str, float]:
    """Half the width of the 95 % interval of each column, in points; none where a task has a single answer.

    A column is a weighted mean of the tasks' means, whose variances add up by the squares of the weights.
    """
    scores = _by_task(results, lambda result: result.score)
    if any(len(some) < 2 for some in scores.values()):
        return {}
    variances = dict.fromkeys(table.columns, 0.0)
    for task, some in scores.items():
        alone = table.summarise({name: float(name == task) for name in scores})
        for column, weight in alone.items():
            variances[column] += weight**2 * statistics.variance(some) / len(some)
    known = table.summarise(dict.fromkeys(scores, 0.0))
    return {column: round(100 * Z_95 * variances[column] ** 0.5, 1) for column in known}


def _obstacles(benchmark: Benchmark, table: PublishedTable, results: Sequence[Result]) -> list[str]:
    """Why these figures may not be compared with the published ones; nothing where there are none."""
    if not table.rows:
        return []
    if benchmark.name != table.of:
        return ["these questions were made here, about other videos than the benchmark's"]
    questions = len({result.id for result in results})
    short = [f"{questions:,} questions, not the benchmark's {table.questions:,}"] * (questions != table.questions)
    unanswered = sum(not result.signals for result in results)
    setting = SETTING + (f"; {table.official}" if table.official else "")
    return [setting, *short, *([f"{unanswered} without an answer count as wrong"] if unanswered else [])]


def beside_frequent_answers(results: Sequence[Result]) -> list[Result]:
    """The results; those of tasks with enough questions have the score of the most frequent right answer as a guess."""
    worth = _frequent(results, ENOUGH)
    return [replace(one, blind=worth.get((one.source, one.task), one.blind)) for one in results]


def _frequent(results: Sequence[Result], enough: int = 1) -> Mapping[tuple[str, str], float]:
    """What the most frequent right answer scores, by source and task, where a task of so many questions measures it."""
    answers: dict[tuple[str, str], dict[str, str]] = {}
    for result in results:
        answers.setdefault((result.source, result.task), {})[result.id] = result.answer
    found = {
        (source, task): find_task(source, task).frequent_answer(list(right.values()))
        for (source, task), right in answers.items()
        if len(right) >= enough
    }
    return {key: rate for key, rate in found.items() if rate is not None}
