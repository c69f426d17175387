"""The scores of VSI-Bench (Yang et al. 2024, section 3.2).

Multiple choice is right or wrong; a number has a mean relative accuracy. Both readings of an answer are here: the
released evaluator's, which takes the first word, and a lenient one, which finds the answer in a sentence.
"""

from __future__ import annotations

import functools
import math
import re

from vtb.errors import BadInput
from vtb.puzzles.judging.answers import spoken_option

# By their beginnings: training data also has object_rel_distance_v1 and the like, which the benchmark has not.
CHOICE_TYPES = ("object_rel_direction", "object_rel_distance", "route_planning", "obj_appearance_order")
NUMBER_TYPES = ("object_abs_distance", "object_counting", "object_size_estimation", "room_size_estimation")
NUMBER = re.compile(
    r"(?<![\w.])[-+]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d{1,3})?(?!\d)", re.ASCII
)
_MARK = re.compile(r"<\s{0,9}answer\s{0,9}>(.*?)(?:<\s{0,9}/\s{0,9}answer\s{0,9}>|\Z)", re.IGNORECASE | re.DOTALL)
_TAIL = 10_000  # characters from the end in which the lenient reading looks


def asks_for_number(question_type: str) -> bool:
    """Whether a question type asks for a number; else it is multiple choice.

    Raises:
        BadInput: there is no such type.
    """
    if question_type.startswith(NUMBER_TYPES):
        return True
    if question_type.startswith(CHOICE_TYPES):
        return False
    raise BadInput(f"question type {question_type[:60]!r}: VSI-Bench has {', '.join((*CHOICE_TYPES, *NUMBER_TYPES))}")


def mean_relative_accuracy(prediction: float, target: float) -> float:
    """The share of the ten confidences c in 0.5, 0.55 .. 0.95 with ``|prediction - target| / target <= 1 - c``.

    The released evaluator has ``<=`` where the paper's formula has ``<``; this is the evaluator's. A prediction that is
    not finite scores 0; a target of 0, by which that one cannot divide, is met by 0 alone.
    """
    if not math.isfinite(prediction):
        return 0.0
    if target == 0:
        return float(prediction == 0)
    error = abs(prediction - target) / target
    return sum(error <= allowed for allowed in allowed_errors()) / 10


@functools.cache
def allowed_errors() -> tuple[float, ...]:
    """``1 - c`` for the ten confidences, as NumPy has them: adding 0.05 ten times gives other scores for some pairs."""
    import numpy as np

    return tuple((1 - np.linspace(0.5, 0.95, 10)).tolist())


def first_word(text: str) -> str:
    """What the released evaluator reads: up to the first blank, without full stops at its end."""
    return text.split(" ")[0].rstrip(".").strip()


def official_score(question_type: str, text: str, target: str) -> float:
    """The score by the released evaluator's reading."""
    word = first_word(text)
    if not asks_for_number(question_type):
        return float(word.lower() == target.strip().lower())
    number = to_number(word)
    return 0.0 if number is None else mean_relative_accuracy(number, target_number(target))


def lenient_score(question_type: str, text: str, target: str) -> float:
    """The score of the answer wherever it stands in a text: in answer marks, or the last that is named."""
    if not asks_for_number(question_type):
        return float((stated_option(text) or "") == target.strip().upper())
    numbers = numbers_in(_stated(text))
    return mean_relative_accuracy(numbers[-1], target_number(target)) if numbers else 0.0


def stated_option(text: str) -> str | None:
    """The option that a text names, wherever it stands."""
    return spoken_option(_stated(text))


def _stated(text: str) -> str:
    marked = _MARK.findall(text[-_TAIL:])
    return marked[-1] if marked else text[-_TAIL:]


def numbers_in(text: str) -> list[float]:
    """The numbers of a text, in order; ``1,250.5`` is one, and so is the 3 of ``3m``."""
    return [float(match[0].replace(",", "")) for match in NUMBER.finditer(text)]


def to_number(word: str) -> float | None:
    """A word as Python reads numbers, or None."""
    try:
        return float(word)
    except ValueError:
        return None


def target_number(target: str) -> float:
    """The right answer to a question that asks for a number.

    Raises:
        BadInput: it is no finite number.
    """
    number = to_number(target)
    if number is None or not math.isfinite(number):
        raise BadInput(f"the right answer {target[:60]!r} is no number, though its question asks for one")
    return number
