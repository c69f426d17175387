"""Whether a model's latents matter: its answers beside those that it gives without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from vtb.latent.ablations import ABLATIONS
from vtb.latent.decoding import without_thoughts
from vtb.tasks.registry import task_of
from vtb.tasks.score import Score
from vtb_eval.judging import judge_text
from vtb_eval.paired import compare_pairs
from vtb_eval.prediction import Prediction
from vtb_eval.result import Result
from vtb_eval.shares import share_of


def judge_without(prediction: Prediction, puzzle: Any) -> dict[str, float] | None:
    """What the answer is worth in each form without its latents; None where nobody has asked."""
    if not prediction.without:
        return None
    task, record = task_of(prediction.example), prediction.example.payload
    found: dict[str, Score] = {
        name: judge_text(task, record, without_thoughts(text), puzzle) for name, text in prediction.without.items()
    }
    return {name: score.value for name, score in found.items()}


def latent_figures(results: Sequence[Result]) -> dict[str, Any]:
    """How often answers went into latents, and how much worse they are without; empty where the model knows none.

    ``necessity`` is the mean score as it is minus that without, with its 95 % interval and the test on pairs.
    """
    known = [result for result in results if result.segments is not None]
    if not known:
        return {}
    segments = [result.segments or 0 for result in known]
    figures = {
        "answers": len(known),
        "with_latents": sum(count > 0 for count in segments),
        "segments": round(sum(segments) / len(segments), 4),
        "necessity": {name: _necessity(name, known) for name in ABLATIONS if _having(name, known)},
    }
    return {"latents": figures}


def _having(name: str, results: Sequence[Result]) -> list[Result]:
    return [result for result in results if result.without is not None and name in result.without]


def _necessity(name: str, results: Sequence[Result]) -> dict[str, Any]:
    found = _having(name, results)
    without = [(result.without or {})[name] for result in found]
    return {"without": asdict(share_of(without)), **compare_pairs(without, [result.score for result in found])}
