"""What is asked: the samples of one split of some puzzles, in shards of questions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vtb.datasets.readers import Item, Piece, read_piece
from vtb.errors import BadInput
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
    """Samples ``start`` to ``stop`` of the chosen pieces."""

    pieces: tuple[Piece, ...]
    start: int
    stop: int
    style: str | None


def read_questions(work: ShardWork) -> Iterator[Question]:
    """The questions of a shard of predictions."""
    first = 0
    for piece in work.pieces:
        start, stop = max(work.start, first), min(work.stop, first + piece.rows)
        if start < stop:
            for item in itertools.islice(read_piece(piece), start - first, stop - first):
                yield make_question(item, work.style)
        first += piece.rows


def make_question(item: Item, style: str | None) -> Question:
    """The question that a sample asks a vision-language model."""
    record = item.record
    try:
        family = family_of(record)
        family.validate(record)
        picture = item.reasoning or encode_rgb(family.draw_reasoning(record, item.puzzle))
        words = words_of(family, record)
    except (UnreadableImage, *DAMAGE) as error:
        raise BadInput(f"sample {item.key} cannot be asked ({error!r}): run vtb-curate on the data first") from error
    closing = CLOSINGS[style or ("plain" if record.get("foreign") else "direct")]
    return Question(item.key, record, f"{words}\n{closing}".strip(), picture, item.file)


def words_of(family: Family, record: Record) -> str:
    """What is asked: of a benchmark's puzzle in the benchmark's words, where its record has them."""
    given = record.get("given_prompt")
    return str(given) if given and "question" not in record else family.ask(record, "vlm")
