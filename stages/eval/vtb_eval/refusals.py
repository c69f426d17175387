"""Answers that were refused, by the model or by a filter of its service: their verdict, and how many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from vtb.chat.said import REFUSED
from vtb.latent.decoding import without_thoughts
from vtb.media.image import Image
from vtb.tasks.registry import task_of
from vtb.tasks.score import Score
from vtb_eval.judging import judge_text
from vtb_eval.prediction import Prediction
from vtb_eval.result import Result


def judge_prediction(prediction: Prediction, puzzle: Image) -> Score:
    """The words of a refusal are no answer; what a filter has cut off is judged as far as it goes."""
    if prediction.refused == REFUSED:
        return Score(False, False, "refused")
    if prediction.refused and not prediction.text.strip():
        return Score(False, False, "stopped by a filter")
    text = prediction.text if prediction.segments is None else without_thoughts(prediction.text)
    return judge_text(task_of(prediction.example), prediction.example.payload, text, puzzle)


def refused(results: Sequence[Result]) -> dict[str, Any]:
    """How many answers were refused, by whom; empty where none was."""
    counts = Counter(result.refused for result in results if result.refused)
    return {"refused": dict(sorted(counts.items()))} if counts else {}
