"""Maps of one size: how they are asked about and how a list of moves is scored."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct

from vtb.benchmarks.common.in_words import InWords
from vtb.benchmarks.common.picture_question import GROUP
from vtb.benchmarks.vsp.lake import GOAL, HOLE, SAFE, START, Grid, shortest, walk
from vtb.benchmarks.vsp.moves import last_moves, moves_of
from vtb.errors import BadInput
from vtb.tasks.score import Score
from vtb.tasks.task import Modality

if TYPE_CHECKING:
    from vtb.media.image import Image

_REASONS = {"goal": "solved", "hole": "into a hole", "elsewhere": "does not end at the goal"}


class VspRecord(Struct, frozen=True, kw_only=True):
    """One map.

    Attributes:
        question: in words, as published.
        grid: rows from the top: 1 start, 2 goal, 0 safe, -1 hole.
    """

    question: Annotated[str, Meta(min_length=1, max_length=20_000)]
    grid: Annotated[tuple[Annotated[tuple[int, ...], Meta(max_length=12)], ...], Meta(max_length=12)]


class VspTask(InWords[VspRecord]):
    """Right is any list of moves whose walk ends at the goal, the shortest or not.

    There is nothing to forgive in a walk: ``strict`` and ``tolerant`` are the same.
    """

    group = GROUP
    payload_class = VspRecord

    def __init__(self, size: int) -> None:
        """By the size of its maps."""
        self.name, self.size = f"vsp_{size}", size

    def validate(self, record: VspRecord) -> None:
        """Refuse a map that is no square of this size with one start, one goal and a way between them."""
        check_map(record.grid)
        if len(record.grid) != self.size:
            raise BadInput(f"has a map of {len(record.grid)} rows, not {self.size}")

    def identity(self, record: VspRecord) -> str:
        """By the map."""
        return f"{self.name}/{hashlib.sha256(msgspec.json.encode(record.grid)).hexdigest()}"

    def ask(self, record: VspRecord, modality: Modality) -> str:
        """In the benchmark's words, which say how to answer."""
        return record.question

    def answer(self, record: VspRecord) -> str:
        """A shortest way; others are as right."""
        return ", ".join(shortest(record.grid) or ())

    def difficulty(self, record: VspRecord) -> dict[str, float]:
        """Size, holes, and the moves of a shortest way."""
        holes = sum(row.count(HOLE) for row in record.grid)
        return {"size": float(self.size), "holes": float(holes), "moves": float(len(shortest(record.grid) or ()))}

    def score_text(self, record: VspRecord, text: str, puzzle: Image | None = None) -> Score:
        """Walk the moves."""
        moves = last_moves(text)
        if moves is None:
            return Score(False, False, "no moves can be read")
        end = walk(record.grid, moves)
        return Score(end == "goal", end == "goal", _REASONS[end], {"moves": len(moves)}, " ".join(moves))

    def reward_text(self, record: VspRecord, text: str) -> Score:
        """Only a text that is nothing but moves states them; its choice is then all of the text."""
        moves = moves_of(text)
        if moves is None or moves != last_moves(text):
            return Score(False, False, "no moves can be read")
        score = self.score_text(record, text)
        return Score(score.strict, score.tolerant, score.reason, {}, text)


def check_map(grid: Grid) -> None:
    """Refuse what is no map.

    Raises:
        BadInput: it is no square, has other cells, not one start and one goal, or no way between them.
    """
    cells = [cell for row in grid for cell in row]
    if not grid or any(len(row) != len(grid) for row in grid):
        raise BadInput("has a map that is no square")
    if not set(cells) <= {HOLE, SAFE, START, GOAL}:
        raise BadInput("has a map with other cells than 1 (start), 2 (goal), 0 (safe) and -1 (hole)")
    if cells.count(START) != 1 or cells.count(GOAL) != 1:
        raise BadInput("has a map without one start and one goal")
    if shortest(grid) is None:
        raise BadInput("has a map without a way from the start to the goal")
