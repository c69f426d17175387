"""VSI-Bench: questions about space in videos of rooms (Yang et al. 2024, "Thinking in Space").

Multiple choice is right or wrong; a number has a mean relative accuracy. Both readings of an answer are here: the
released evaluator's, which takes the first word, and a lenient one, which finds the answer in a sentence.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping

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
    marked = _MARK.findall(text[-_TAIL:])
    part = marked[-1] if marked else text[-_TAIL:]
    if not asks_for_number(question_type):
        return float((spoken_option(part) or "") == target.strip().upper())
    numbers = numbers_in(part)
    return mean_relative_accuracy(numbers[-1], target_number(target)) if numbers else 0.0


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


COLUMNS = ("obj_count", "abs_dist", "obj_size", "room_size", "rel_dist", "rel_dir", "route_plan", "appr_order")
# The published table in per cent: the average, then by COLUMNS.
PUBLISHED: Mapping[str, tuple[float, ...]] = {
    "Chance (most frequent answer)": (34.0, 62.1, 32.0, 29.9, 33.1, 25.1, 47.9, 28.4, 25.2),
    "Human (tiny set)": (79.2, 94.3, 47.0, 60.4, 45.9, 94.7, 95.8, 95.8, 100.0),
    "Gemini-1.5 Flash (tiny set)": (45.7, 50.8, 33.6, 56.5, 45.2, 48.0, 39.8, 32.7, 59.2),
    "Gemini-1.5 Pro (tiny set)": (48.8, 49.6, 28.8, 58.6, 49.4, 46.0, 48.1, 42.0, 68.0),
    "Gemini-2.0 Flash (tiny set)": (45.4, 52.4, 30.6, 66.7, 31.8, 56.0, 46.3, 24.5, 55.1),
    "GPT-4o": (34.0, 46.2, 5.3, 43.8, 38.2, 37.0, 41.3, 31.5, 28.5),
    "Gemini-1.5 Flash": (42.1, 49.8, 30.8, 53.5, 54.4, 37.7, 41.0, 31.5, 37.8),
    "Gemini-1.5 Pro": (45.4, 56.2, 30.9, 64.1, 43.6, 51.3, 46.3, 36.0, 34.6),
    "InternVL2-2B": (27.4, 21.8, 24.9, 22.0, 35.0, 33.8, 44.2, 30.5, 7.1),
    "InternVL2-8B": (34.6, 23.1, 28.7, 48.2, 39.8, 36.7, 30.7, 29.9, 39.6),
    "InternVL2-40B": (36.0, 34.9, 26.9, 46.5, 31.8, 42.1, 32.2, 34.0, 39.6),
    "LongVILA-8B": (21.6, 29.1, 9.1, 16.7, 0.0, 29.6, 30.7, 32.5, 25.5),
    "VILA-1.5-8B": (28.9, 17.4, 21.8, 50.3, 18.8, 32.1, 34.8, 31.0, 24.8),
    "VILA-1.5-40B": (31.2, 22.4, 24.8, 48.7, 22.7, 40.5, 25.7, 31.5, 32.9),
    "LongVA-7B": (29.2, 38.0, 16.6, 38.9, 22.2, 33.1, 43.3, 25.4, 15.7),
    "LLaVA-NeXT-Video-7B": (35.6, 48.5, 14.0, 47.8, 24.2, 43.5, 42.4, 34.0, 30.6),
    "LLaVA-NeXT-Video-72B": (40.9, 48.9, 22.8, 57.4, 35.3, 42.4, 36.7, 35.0, 48.6),
    "LLaVA-OneVision-0.5B": (28.0, 46.1, 28.4, 15.4, 28.3, 28.9, 36.9, 34.5, 5.8),
    "LLaVA-OneVision-7B": (32.4, 47.7, 20.2, 47.4, 12.3, 42.5, 35.2, 29.4, 24.4),
    "LLaVA-OneVision-72B": (40.2, 43.5, 23.9, 57.6, 37.5, 42.5, 39.9, 32.5, 44.6),
}
