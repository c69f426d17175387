"""A question type of VSI-Bench: how it is put and how an answer is scored."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vtb.benchmarks.common.in_words import InWords
from vtb.benchmarks.vsi_bench.metric import (
    asks_for_number,
    first_word,
    lenient_score,
    official_score,
    stated_option,
    target_number,
)
from vtb.benchmarks.vsi_bench.record import VsiRecord
from vtb.errors import BadInput
from vtb.tasks.score import Score
from vtb.tasks.task import Modality

if TYPE_CHECKING:
    from vtb.media.image import Image

NOTE = "These are frames of a video."
NUMBER_CLOSING = "Please answer the question using a single word or phrase."
CHOICE_CLOSING = "Answer with the option's letter from the given choices directly."
LETTERS = "ABCDEFGH"


class VsiTask(InWords[VsiRecord]):
    """One question type: right or wrong where there are options, a mean relative accuracy where a number is asked for.

    ``strict`` is the released evaluator's reading of an answer, ``tolerant`` the lenient one (``metric``).
    """

    group = "vsi"
    payload_class = VsiRecord

    def __init__(self, name: str) -> None:
        """The question type as published."""
        self.name = name
        self.by_choice = not asks_for_number(name)

    def validate(self, record: VsiRecord) -> None:
        """Refuse a number that is none, and an option that is not there."""
        if not self.by_choice:
            target_number(record.answer)
        elif not record.options:
            raise BadInput("has no options, though its type is multiple choice")
        elif record.answer not in tuple(LETTERS[: len(record.options)]):
            raise BadInput(f"has the answer {record.answer!r}, which is the letter of no option")

    def identity(self, record: VsiRecord) -> str:
        """By the video and the words."""
        return f"{self.name}/{record.identity}"

    def split_key(self, record: VsiRecord) -> str:
        """The video."""
        return f"{record.dataset}/{record.scene}"

    def ask(self, record: VsiRecord, modality: Modality) -> str:
        """The question and its options, in the benchmark's order; the closing line is another's."""
        options = ("Options:", *record.options) if record.options else ()
        return "\n".join((NOTE, record.question, *options))

    def closing(self, record: VsiRecord) -> str:
        """The benchmark's own."""
        return CHOICE_CLOSING if self.by_choice else NUMBER_CLOSING

    def answer(self, record: VsiRecord) -> str:
        """As the benchmark gives it."""
        return record.answer

    def blind(self, record: VsiRecord) -> float | None:
        """Chance, where the options are known."""
        return 1 / len(record.options) if record.options else None

    def frequent_answer(self, answers: Sequence[str]) -> float:
        """The benchmark's own baseline, "chance level (frequency)"; of several as frequent, the first."""
        guess = Counter(answers).most_common(1)[0][0]
        return math.fsum(official_score(self.name, guess, right) for right in answers) / len(answers)

    def score_text(self, record: VsiRecord, text: str, puzzle: Image | None = None) -> Score:
        """By both readings."""
        official, lenient = (score(self.name, text, record.answer) for score in (official_score, lenient_score))
        return Score(
            official == 1,
            lenient == 1,
            _reason(official, lenient),
            {},
            self._choice(record, text),
            grade=official,
            tolerant_grade=lenient,
        )

    def _choice(self, record: VsiRecord, text: str) -> str | None:
        if not self.by_choice:
            return None
        letters = tuple(LETTERS[: len(record.options)])
        return next((said for said in (first_word(text).upper(), stated_option(text)) if said in letters), None)


def _reason(official: float, lenient: float) -> str:
    if official == 1:
        return "solved"
    if official < lenient:
        return "not in the form that is asked for"
    return "near" if official else "wrong or unreadable"
