"""A category of CoMT: how it is asked and scored, by our reading and, beside it, by those of the released scripts."""

from __future__ import annotations

from typing import Any, Literal

from vtb.benchmarks.common.picture_question import PictureRecord, PictureTask
from vtb.benchmarks.comt.released import comt_right, ilvr_right

LETTER_CLOSING = "End with the letter of the right option, as in ANSWER: (A)"


class ComtRecord(PictureRecord, frozen=True, kw_only=True):
    """One question.

    Attributes:
        published: the right answer as the file has it.
        released: whose script judges the form that the question came in.
    """

    published: str
    released: Literal["comt", "ilvr"]


class ComtTask(PictureTask):
    """One of the four categories.

    ``details`` has ``released``: what the script says that was released with the data, mistakes included.
    """

    payload_class: type[PictureRecord] = ComtRecord

    def closing(self, record: PictureRecord) -> str:
        """The original asks for a letter; the processed form says in its own words what it wants."""
        return LETTER_CLOSING if isinstance(record, ComtRecord) and record.released == "comt" else ""

    def details(self, record: PictureRecord, text: str) -> dict[str, Any]:
        """The verdict of the released script."""
        if not isinstance(record, ComtRecord):
            return {}
        if record.released == "comt":
            return {"released": float(comt_right(text, record.options, record.answer))}
        return {"released": float(ilvr_right(text, record.published))}
