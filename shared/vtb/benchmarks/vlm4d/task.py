"""A kind of question of VLM4D."""

from __future__ import annotations

from vtb.benchmarks.common.picture_question import PictureRecord
from vtb.benchmarks.common.stated_words import LETTERS
from vtb.benchmarks.common.video_question import NOTE, VideoTask
from vtb.tasks.task import Modality

CLOSING = 'Reason step by step. End with the sentence "Therefore, the final answer is: LETTER".'


class Vlm4dTask(VideoTask):
    """One of the four kinds by which the released statistics count.

    The benchmark's own prompt is the one with a chain of thought, of which its main table is made; the one without is
    ``vtb-eval predict --style direct``.
    """

    def ask(self, record: PictureRecord, modality: Modality) -> str:
        """The question and its options, laid out as in the released prompts."""
        options = [f"{letter}: {option}" for letter, option in zip(LETTERS, record.options, strict=False)]
        return "\n".join((NOTE, f"Question: {record.question}", *options))

    def closing(self, record: PictureRecord) -> str:
        """It asks for the steps and for the sentence in which the released judge looks."""
        return CLOSING
