"""Reward ``vsi``: VSI-Bench's own score of the stated answer.

Parts: ``score`` (mean relative accuracy for numbers, right or wrong for multiple choice), ``readable`` (one answer is
stated, right or wrong) and ``format`` (it stands between answer marks).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from vtb.benchmarks.vsi_bench.metric import NUMBER, asks_for_number, mean_relative_accuracy, numbers_in, target_number
from vtb.errors import BadInput
from vtb.rewards.reward import Reward
from vtb.rewards.stated import stated_answer

NOTHING = {"score": 0.0, "readable": 0.0, "format": 0.0}
_MOST_WORDS = 12
_WORD = re.compile(r"[^\W\d_]+")
_FIGURES = re.compile(r"[\d.,]*\d[\d.,]*")
_OPTION = re.compile(
    r"(?:the\s{1,9})?(?:(?:answer|option|choice)\s{0,9}(?:is)?\s{0,9}:?\s{0,9})?[(\[\"'*]{0,4}([A-H])(?:[)\]\"'*.:\s]|\Z)",
    re.IGNORECASE,
)
_OTHER_OPTION = re.compile(r"(?<![^\W_'])[A-H](?![\w'])")


class VsiReward(Reward):
    """The score of the benchmark."""

    name = "vsi"
    weights = {"score": 1.0, "readable": 0.1, "format": 0.1}  # noqa: RUF012
    columns = ("solution", "question_type")

    def parts(self, completion: str, row: Mapping[str, Any]) -> dict[str, float]:
        """See the head of this file; ``solution`` is the right answer as text, ``question_type`` as published."""
        kind, solution = _read(row)
        stated = stated_answer(completion)
        score = None if stated is None else _score(kind, solution, stated.text)
        if stated is None or score is None:
            return dict(NOTHING)
        return {"score": score, "readable": 1.0, "format": float(stated.marked)}


def _read(row: Mapping[str, Any]) -> tuple[str, str]:
    kind, solution = row.get("question_type"), row.get("solution")
    if not isinstance(kind, str) or not isinstance(solution, (str, int, float)):
        raise BadInput("a row lacks the column `solution` or `question_type`: make the dataset with `vtb-prepare vsi`")
    return kind, str(solution)


def _score(kind: str, solution: str, text: str) -> float | None:
    """None where the text states no answer of this kind, or several."""
    if asks_for_number(kind):
        number = _only_number(text)
        return None if number is None else mean_relative_accuracy(number, target_number(solution))
    option = _option(text)
    return None if option is None else float(option == solution.strip().upper())


def _only_number(text: str) -> float | None:
    """The number of a text that has no other figures: none of "3 or 4", "1,2,3" and "1/2" is a number."""
    figures = _FIGURES.findall(text)
    if len(figures) != 1 or len(_WORD.findall(text)) > _MOST_WORDS:
        return None
    numbers = numbers_in(text)
    return numbers[0] if len(numbers) == 1 and NUMBER.fullmatch(figures[0].rstrip(".,")) else None


def _option(text: str) -> str | None:
    """The letter that a text starts with, where it names no other; an option's words may follow it."""
    match = _OPTION.match(text)
    if match is None:
        return None
    letter = match[1].upper()
    others = set(_OTHER_OPTION.findall(text, match.end(1))) - {letter, "A"}  # "A" is a word, too
    return None if others or len(text) > 200 else letter


REWARD = VsiReward()
