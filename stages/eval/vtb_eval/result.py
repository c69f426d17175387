"""The verdict on one attempt at one puzzle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

_LATENT = ("segments", "without")


@dataclass(frozen=True)
class Result:
    """The verdict on one attempt at one puzzle.

    Attributes:
        id: of the puzzle.
        task: its family.
        level: how large the puzzle is, in words.
        attempt: number of the attempt, from 0.
        strict: right by the benchmark's rule, all signals together.
        tolerant: the same, forgiving what the rule cannot mean to forbid.
        reason: why not.
        choice: the option chosen, where there are options.
        characters: length of an answer in words.
        by_choice: whether an answer is right exactly when its choice is.
        source: of the puzzle: ``vtb``, or the benchmark's name.
        unjudged: parts of the answer for which the record does not say what is right.
        signals: the verdict on each part of the answer; none where there is no answer.
        cut_off: whether the model had more to say.
        refused: ``refusal`` where the model would not answer, ``content_filter`` where a filter of its service stopped
            the answer; else None.
        answer: the right one in words; empty where nobody knows it.
        score: what the answer is worth, 0 to 1: 0 or 1 as ``strict`` says, or a grade between.
        tolerant_score: the same, tolerantly.
        blind: how often a guess that does not see the drawing is right at such puzzles; None where that is not known.
        segments: how often the answer went into latents; None where the model knows none.
        without: what it is worth without its latents, by the name of the ablation; None where nobody has asked.
    """

    id: str
    task: str
    level: str
    attempt: int
    strict: bool
    tolerant: bool
    reason: str
    choice: str | None
    characters: int
    by_choice: bool
    source: str
    unjudged: Sequence[str]
    signals: Mapping[str, Mapping[str, Any]]
    answer: str
    score: float
    tolerant_score: float
    cut_off: bool = False
    refused: str | None = None
    blind: float | None = None
    segments: int | None = None
    without: Mapping[str, float] | None = None


def result_line(result: Result) -> str:
    """A verdict as a line of JSON; what is known only of models that think in latents is left out elsewhere."""
    fields = asdict(result)
    return json.dumps({name: fields[name] for name in fields if name not in _LATENT or fields[name] is not None}) + "\n"


def results_in(data: bytes) -> list[Result]:
    """The verdicts in a shard of scores, one a line."""
    return [Result(**json.loads(line)) for line in data.decode().splitlines()]
