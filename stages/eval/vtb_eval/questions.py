"""What is asked: the examples of one split of some puzzles, in shards of questions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vtb.datasets.asked import Asked
from vtb.datasets.chunk import Chunk, Loaded
from vtb.datasets.readers import read_chunk
from vtb.datasets.shown import read_shown
from vtb.formats.special_tokens import neutral
from vtb.tasks.example import Example
from vtb.tasks.registry import task_of
from vtb_eval.closings import CLOSINGS


@dataclass(frozen=True)
class Question:
    """One question: the example behind it, the words, what is shown with them, and the same without printed names."""

    example: Example
    text: str
    shown: tuple[Asked, ...]
    asked: tuple[Asked, ...]

    @property
    def key(self) -> str:
        """The example's."""
        return self.example.key


@dataclass(frozen=True)
class ShardWork:
    """Examples ``start`` to ``stop`` of the chosen chunks."""

    chunks: tuple[Chunk, ...]
    start: int
    stop: int
    style: str | None
    blind: bool = False


def read_questions(work: ShardWork, odd: list[str]) -> Iterator[Question]:
    """The questions of a shard of predictions; records of others that cannot be asked about are named in ``odd``."""
    for chunk, start, stop in _pieces(work):
        for loaded, asked in read_shown(chunk, odd, start, stop):
            yield make_question(loaded, () if work.blind else asked, work.style)


def read_loaded(work: ShardWork, odd: list[str]) -> Iterator[Loaded]:
    """The examples of a shard as they are: a model that draws sees the puzzle itself, without printed names."""
    for chunk, start, stop in _pieces(work):
        yield from read_chunk(chunk, start, stop, odd)


def _pieces(work: ShardWork) -> Iterator[tuple[Chunk, int, int]]:
    """Which examples of which chunks a shard has."""
    first = 0
    for chunk in work.chunks:
        start, stop = max(work.start, first), min(work.stop, first + chunk.rows)
        if start < stop:
            yield chunk, start - first, stop - first
        first += chunk.rows


def make_question(loaded: Loaded, asked: tuple[Asked, ...], style: str | None) -> Question:
    """The question that an example asks a vision-language model; of a benchmark's puzzle, in the benchmark's words."""
    example = loaded.example
    style = style or ("direct" if example.ours else "plain")
    closing = task_of(example).closing(example.payload) if style == "plain" else CLOSINGS[style]
    text = f"{neutral(example.prompts.vlm)}\n{closing}".strip()
    return Question(example, text, asked, loaded.asked)
