"""What is asked: the samples of one split of some puzzles, in shards of questions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vtb.datasets.readers import Chunk, Example, read_chunk
from vtb.errors import BadInput, in_words
from vtb.formats.swift import DIRECT, THINK
from vtb.media.image import UnreadableImage, encode_rgb
from vtb.puzzles import DAMAGE, Family, Record, family_of

CLOSINGS = {"direct": DIRECT, "think": THINK, "plain": ""}


@dataclass(frozen=True)
class Question:
    """One question: the record behind it, the words, the picture shown, and the picture without printed names."""

    key: str
    record: dict[str, Any]
    text: str
    picture: bytes
    puzzle: bytes


@dataclass(frozen=True)
class ShardWork:
    """Samples ``start`` to ``stop`` of the chosen chunks."""

    chunks: tuple[Chunk, ...]
    start: int
    stop: int
    style: str | None


def read_questions(work: ShardWork) -> Iterator[Question]:
    """The questions of a shard of predictions."""
    first = 0
    for chunk in work.chunks:
        start, stop = max(work.start, first), min(work.stop, first + chunk.rows)
        if start < stop:
            for example in itertools.islice(read_chunk(chunk), start - first, stop - first):
                yield make_question(example, work.style)
        first += chunk.rows


def make_question(example: Example, style: str | None) -> Question:
    """The question that a sample asks a vision-language model."""
    record = example.record
    try:
        family = family_of(record)
        family.validate(record)
        picture = example.reasoning or encode_rgb(family.draw_reasoning(record, example.puzzle))
        words = words_of(family, record)
    except (UnreadableImage, *DAMAGE) as error:
        raise BadInput(
            f"sample {example.key} cannot be asked ({in_words(error)}): run vtb-curate on the data first"
        ) from error
    closing = CLOSINGS[style or ("plain" if record.get("foreign") else "direct")]
    return Question(example.key, record, f"{words}\n{closing}".strip(), picture, example.file)


def words_of(family: Family, record: Record) -> str:
    """What is asked: of a benchmark's puzzle in the benchmark's words, where its record has them."""
    given = record.get("given_prompt")
    return str(given) if given and "question" not in record else family.ask(record, "vlm")
