"""Several attempts at one puzzle: pass@k and the majority of k."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from vtb_eval.result import Result

COMBINED = "combined"
MOST = 32  # pass@k is not told for more


def repeated(results: Sequence[Result], signals: Sequence[str]) -> dict[str, Any]:
    """Per signal, over all and per task: pass@k and the majority's share; empty where nothing was tried twice."""
    puzzles: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        puzzles.setdefault((result.task, result.id), []).append(result)
    if max((len(attempts) for attempts in puzzles.values()), default=0) < 2:
        return {}
    return {name: _figures(name, list(puzzles.values())) for name in (COMBINED, *signals)}


def _figures(signal: str, puzzles: Sequence[Sequence[Result]]) -> dict[str, Any]:
    tasks = sorted({attempts[0].task for attempts in puzzles})
    per_task = {task: _group(signal, [tries for tries in puzzles if tries[0].task == task]) for task in tasks}
    return {"overall": _group(signal, puzzles), "per_task": {task: found for task, found in per_task.items() if found}}


def _group(signal: str, puzzles: Sequence[Sequence[Result]]) -> dict[str, Any]:
    """Over the puzzles with at least two attempts that have the signal, or no answer; k goes up to what all have."""
    tasks = {result.task for tries in puzzles for result in tries if _has(result, signal)}
    puzzles = [tries for tries in puzzles if tries[0].task in tasks]
    verdicts = [[_said(result, signal) for result in tries if _counts(result, signal)] for tries in puzzles]
    verdicts = [tries for tries in verdicts if len(tries) > 1]
    if not verdicts:
        return {}
    fewest = min(len(tries) for tries in verdicts)
    every_k = range(1, min(fewest, MOST) + 1)
    return {
        "puzzles": len(verdicts),
        "of": len(puzzles),
        "k": fewest,
        "pass_at": {str(k): round(_mean([_passes(tries, k) for tries in verdicts]), 4) for k in every_k},
        "majority": round(_mean([float(majority(tries)) for tries in verdicts]), 4),
    }


def _has(result: Result, signal: str) -> bool:
    return signal == COMBINED or signal in result.signals


def _counts(result: Result, signal: str) -> bool:
    return _has(result, signal) or not result.signals


def _said(result: Result, signal: str) -> Mapping[str, Any]:
    if signal == COMBINED:
        said: Mapping[str, Any] = {"strict": result.strict, "choice": result.choice}
    else:
        said = result.signals.get(signal, {"strict": False, "choice": None})
    return {"strict": said["strict"], "choice": said["choice"], "by_choice": result.by_choice}


def _passes(tries: Sequence[Mapping[str, Any]], k: int) -> float:
    return pass_at(len(tries), sum(said["strict"] for said in tries), k)


def pass_at(n: int, right: int, k: int) -> float:
    """Chance that at least one of k attempts drawn from n is right (Chen et al. 2021, arXiv 2107.03374, equation 1)."""
    return 1 - math.comb(n - right, k) / math.comb(n, k)


def majority(tries: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the majority of attempts is right.

    Choices vote, and a tie for the most votes is wrong, as in the benchmark; attempts without a choice do not vote.
    Other answers must be right more often than not.
    """
    if not tries[0]["by_choice"]:
        return 2 * sum(bool(said["strict"]) for said in tries) > len(tries)
    votes = Counter(said["choice"] for said in tries if said["choice"] is not None).most_common(2)
    if not votes or (len(votes) > 1 and votes[0][1] == votes[1][1]):
        return False
    return any(said["strict"] for said in tries if said["choice"] == votes[0][0])


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
