"""How accuracy grows with training: this run and the earlier ones that began with the same model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from vtb.artifact import InputEntry
from vtb_eval.against import Earlier
from vtb_eval.result import Result
from vtb_eval.results import judged
from vtb_eval.shares import share_of
from vtb_eval.trained_steps import trained

HERE, ALL = "this run", "all"


def learning_curve(source: InputEntry, results: Sequence[Result], earlier: Sequence[Earlier]) -> list[dict[str, Any]]:
    """A point for each run, by steps of training: its name, and its ``shares`` of right answers.

    Empty where the steps of this run are not known, or fewer than two runs have different ones.
    """
    now = trained(source)
    if now is None:
        return []
    points = [_point(HERE, now.steps, results)]
    for run in earlier:
        place = trained(run.manifest.plan.inputs[0]) if run.manifest.plan.inputs else None
        if place is not None and place.origin == now.origin:
            points.append(_point(run.uri, place.steps, run.results))
    points.sort(key=lambda point: point["steps"])
    return points if points[0]["steps"] < points[-1]["steps"] else []


def _point(name: str, steps: int, results: Sequence[Result]) -> dict[str, Any]:
    scores: dict[str, list[float]] = {ALL: []}
    for result in judged(results):
        scores[ALL].append(result.score)
        scores.setdefault(result.task, []).append(result.score)
    return {"run": name, "steps": steps, "shares": {part: asdict(share_of(some)) for part, some in scores.items()}}
