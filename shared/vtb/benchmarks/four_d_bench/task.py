"""A category of 4D-Bench's questions."""

from __future__ import annotations

from typing import Any

from vtb.benchmarks.common.picture_question import PictureRecord, PictureTask
from vtb.benchmarks.common.stated_words import LETTERS
from vtb.benchmarks.four_d_bench import VIEWS
from vtb.benchmarks.four_d_bench.released import first_option
from vtb.tasks.task import Modality

NOTE = (
    f"These are {len(VIEWS.names) * VIEWS.frames} frames of one object that moves, {VIEWS.frames} each of "
    f"{len(VIEWS.names)} videos from different sides."
)


class FourDTask(PictureTask):
    """One of the five; ``details`` has ``released``, what the released reading says, and the ``letter`` that it reads.

    A record's only picture is the name of its object. Judged as ``PictureTask`` says.
    """

    group = "videos"
    last_line = "Answer with the letter of the right option in brackets alone, such as (A)."

    def ask(self, record: PictureRecord, modality: Modality) -> str:
        """The question and its options."""
        options = [f"({letter}) {option}" for letter, option in zip(LETTERS, record.options, strict=False)]
        return "\n".join((NOTE, record.question, *options))

    def details(self, record: PictureRecord, text: str) -> dict[str, Any]:
        """The verdict of the released reading."""
        letter = first_option(text)
        return {"released": float(letter == record.answer), "letter": letter}
