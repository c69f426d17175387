"""From judged answers to figures: shares with confidence intervals, over all and per group, signal and attempt."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from vtb.benchmarks.videothinkbench.published import PER_TASK
from vtb_eval.attempts import repeated
from vtb_eval.result import Result
from vtb_eval.shares import share_of

TASKS = list(PER_TASK)
NOTHING: Mapping[str, Any] = {"strict": False, "tolerant": False, "details": {}, "choice": None}
Scored = tuple[float, float]  # strictly and tolerantly
# Measurements that are worth a mean.
MEANS = ("diff", "cell_accuracy", "precision", "recall", "before_mistake", "exact", "kept", "released",
         "bleu_1", "bleu_4", "rouge", "meteor", "gpt_appearance", "gpt_action")  # fmt: skip


def summarise(results: Iterable[Result]) -> dict[str, Any]:
    """All figures of a score artifact, as plain data."""
    every_one = list(results)
    kept = judged(every_one)
    every = list(dict.fromkeys(name for result in kept for name in result.signals))
    return {
        "puzzles": len({(result.task, result.id) for result in kept}),
        "answered": len({(result.task, result.id) for result in kept if result.signals}),
        "attempts_judged": len(kept),
        "without_answer": sum(not result.signals for result in kept),
        "not_judged": dict(Counter(result.task for result in every_one if result.unjudged)),
        "overall": _beside_blind(kept),
        "per_task": _groups(kept, lambda result: result.task),
        "per_level": _groups(_of_several_levels(kept), _level),
        "per_signal": {name: _signal(name, kept) for name in every},
        "several_attempts": repeated(kept, every),
        "reasons": dict(Counter(result.reason for result in kept).most_common()),
    }


def judged(results: Iterable[Result]) -> list[Result]:
    """Without the answers for which the records do not say what is right: they count nowhere."""
    return [result for result in results if result.signals or not result.unjudged]


def _of_several_levels(results: Sequence[Result]) -> list[Result]:
    """Those of tasks that have puzzles of more than one size here."""
    levels: dict[str, set[str]] = {}
    for result in results:
        levels.setdefault(result.task, set()).add(result.level)
    return [result for result in results if result.level and len(levels[result.task]) > 1]


def _level(result: Result) -> str:
    return f"{result.task}, {result.level}"


def _groups(results: Sequence[Result], key: Callable[[Result], str]) -> dict[str, Any]:
    grouped: dict[str, list[Result]] = {}
    for result in results:
        grouped.setdefault(key(result), []).append(result)
    return {name: _beside_blind(grouped[name]) for name in sorted(grouped, key=_place)}


def _beside_blind(results: Sequence[Result]) -> dict[str, Any]:
    """The figures of a group, and how often a guess that does not see the drawing would be right in it.

    None where that is not known of every puzzle.
    """
    rates = [result.blind for result in results if result.blind is not None]
    known = bool(rates) and len(rates) == len(results)
    scores = [(result.score, result.tolerant_score) for result in results]
    return {**_modes(scores), "blind": round(statistics.fmean(rates), 4) if known else None}


def _place(name: str) -> tuple[int, int, str]:
    """Tasks in the order of the published tables; sizes with fewer digits first."""
    task, _, level = name.partition(",")
    return TASKS.index(task) if task in TASKS else len(TASKS), len(level), name


def _modes(scores: Sequence[Scored]) -> dict[str, Any]:
    """What results, or single signals, are worth by both rules."""
    return {
        "strict": asdict(share_of([strict for strict, _ in scores])),
        "tolerant": asdict(share_of([tolerant for _, tolerant in scores])),
    }


def _scored(said: Mapping[str, Any]) -> Scored:
    """Of one signal; its grades, where it has such."""
    return float(said.get("grade", said["strict"])), float(said.get("tolerant_grade", said["tolerant"]))


@dataclass(frozen=True)
class _Verdict:
    """What one signal says."""

    task: str
    scored: Scored
    details: Mapping[str, Any]


def _signal(name: str, results: Sequence[Result]) -> dict[str, Any]:
    """The figures of one signal: over the answers that have it, and where a task has it, those without any answer."""
    tasks_with = {result.task for result in results if name in result.signals}
    found = [
        _Verdict(result.task, _scored(said), said["details"])
        for result in results
        if (said := result.signals.get(name, NOTHING if not result.signals and result.task in tasks_with else None))
    ]
    tasks = dict.fromkeys(sorted((verdict.task for verdict in found), key=_place))
    per_task = {task: [verdict for verdict in found if verdict.task == task] for task in tasks}
    means = {task: _means(verdicts) for task, verdicts in per_task.items()}
    return {
        "overall": _modes([verdict.scored for verdict in found]),
        "per_task": {task: _modes([verdict.scored for verdict in verdicts]) for task, verdicts in per_task.items()},
        "means": {task: values for task, values in means.items() if values},
    }


def _means(verdicts: Sequence[_Verdict]) -> dict[str, float]:
    values = {name: [v.details[name] for v in verdicts if name in v.details] for name in MEANS}
    return {name: round(statistics.fmean(found), 4) for name, found in values.items() if found}
