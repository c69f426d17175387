"""What captions are asked for with, and what one is worth beside the references."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from vtb.benchmarks.common.in_words import InWords
from vtb.benchmarks.four_d_bench.task import NOTE
from vtb.benchmarks.four_d_bench_captions import TASK
from vtb.benchmarks.four_d_bench_captions.grading import prompts
from vtb.benchmarks.four_d_bench_captions.measures import bleu, rouge_l
from vtb.benchmarks.four_d_bench_captions.meteor import meteor
from vtb.puzzles.judging.answers.parts import find_answer
from vtb.tasks.score import Score
from vtb.tasks.task import Modality, Task

if TYPE_CHECKING:
    from vtb.media.image import Image

ASKED = (
    "Describe the object in one sentence: what it looks like (shape, colors, materials, what is special about it) and "
    "what it does, how it moves and in which order. Leave out the background."
)
_MARK = "caption:"
Caption = Annotated[str, Meta(min_length=1, max_length=20_000)]


class CaptionRecord(Struct, frozen=True):
    """An object and what people wrote about it."""

    thing: Annotated[str, Meta(min_length=1, max_length=200)]
    references: Annotated[tuple[Caption, ...], Meta(min_length=1, max_length=20)]


class CaptionTask(InWords[CaptionRecord]):
    """The one task. A caption is never right or wrong: its grade is ROUGE-L, ``details`` have the other measures."""

    name = TASK
    group = "videos"
    only_grade = "ROUGE-L"
    payload_class = CaptionRecord

    def identity(self, record: CaptionRecord) -> str:
        """By the object."""
        return f"{self.name}/{hashlib.sha256(record.thing.encode()).hexdigest()}"

    def ask(self, record: CaptionRecord, modality: Modality) -> str:
        """What is to be described."""
        return f"{NOTE}\n{ASKED}"

    def closing(self, record: CaptionRecord) -> str:
        """The form that the released scripts read."""
        return "Answer in this form, and with nothing else: caption: A red fish swims in a circle and leaps."

    def answer(self, record: CaptionRecord) -> str:
        """The first reference."""
        return record.references[0]

    def score_text(self, record: CaptionRecord, text: str, puzzle: Image | None = None) -> Score:
        """By its likeness to the references."""
        caption = caption_of(text)
        if not caption:
            return Score(False, False, "no caption", grade=0.0, tolerant_grade=0.0)
        measures = dict(zip(("bleu_1", "bleu_2", "bleu_3", "bleu_4"), bleu(caption, record.references), strict=True))
        rouge, synonyms = rouge_l(caption, record.references), meteor(caption, record.references)
        details = {**measures, "rouge": rouge, **({} if synonyms is None else {"meteor": synonyms})}
        known = {"caption": caption, "references": list(record.references)}  # for CIDEr, which looks at all of them
        return Score(False, False, "a caption", {**details, **known}, grade=rouge, tolerant_grade=rouge)

    def gradings(self, record: CaptionRecord, text: str) -> Mapping[str, str]:
        """Appearance and action."""
        caption = caption_of(text)
        return prompts(record.thing, record.references, caption) if caption else {}


def caption_of(text: str) -> str:
    """What follows "caption:" in a text, behind its reasoning, as the released scripts take it; without it, all."""
    part = find_answer(text, lambda part: part.strip() or None) or ""
    place = part.lower().find(_MARK)
    return (part if place < 0 else part[place + len(_MARK) :]).strip()


TASKS: Mapping[str, Task[CaptionRecord]] = {TASK: CaptionTask()}
