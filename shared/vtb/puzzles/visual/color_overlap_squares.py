"""Three squares in a row overlap; each overlap has the mixture of the two colors, as with paints."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, ClassVar

from vtb.puzzles.visual.common.base import Config
from vtb.puzzles.visual.common.family import VisualFamily
from vtb.puzzles.visual.common.record import Content, VisualRecord
from vtb.puzzles.visual.common.scene import CENTRE, MISSING, Polygon, turn
from vtb.rng import below, shuffled

PRIMARY = ("red", "yellow", "blue")
MIXTURES = {
    frozenset(("red", "yellow")): "orange",
    frozenset(("red", "blue")): "purple",
    frozenset(("yellow", "blue")): "green",
}
HALF, STEP = 82.0, 86.0
TURNS = range(-45, 1)


class OverlapRecord(VisualRecord, frozen=True, kw_only=True):
    """The colors of the three squares, and how far their row is turned, in degrees."""

    squares: list[str]
    turn: int


class ColorOverlapSquares(VisualFamily[OverlapRecord]):
    """The family."""

    name = "visual_color_overlap_squares"
    payload_class = OverlapRecord
    part_name = "overlap"
    asked = "color"
    places = 2
    content: ClassVar[Content] = {"squares": (3, PRIMARY), "turn": (None, TURNS)}
    glyph = 70.0

    def blind(self, record: OverlapRecord) -> float | None:
        """By counting the colors of the squares and of the overlap that is seen, under either sampling.

        Three colors leave two mixtures, as likely as each other; two colors have one.
        """
        return 1 / 2 if len({*record.squares}) == len(PRIMARY) else 1.0

    def compose(self, rng: random.Random, config: Config) -> dict[str, Any]:
        """Colors of the squares; the outer two are the same in a third, so that either mixture may come twice."""
        first, second, third = shuffled(rng, PRIMARY)
        if config.sampling == "fair" and below(rng, 3) == 0:
            third = first
        squares = [first, second, third]
        values = [MIXTURES[frozenset(pair)] for pair in (squares[:2], squares[1:])]
        return {"values": values, "missing": below(rng, 2), "squares": squares, "turn": -below(rng, len(TURNS))}

    def vocabulary(self, record: OverlapRecord, config: Config) -> list[str]:
        """The three mixtures."""
        return list(MIXTURES.values())

    def options(self, rng: random.Random, record: OverlapRecord) -> list[str]:
        """The three mixtures: no other color can be one."""
        return shuffled(rng, list(MIXTURES.values()))

    def backdrop(self, record: OverlapRecord) -> Sequence[Polygon]:
        """The squares, in a row from the upper left to the lower right that is turned anticlockwise."""
        squares = enumerate(record.squares, -1)
        return [_box(record, place * STEP, HALF, self.fills[color]) for place, color in squares]

    def part(self, record: OverlapRecord, place: int, value: str | None) -> Polygon:
        """Where two squares overlap."""
        fill = MISSING if value is None else self.fills[value]
        return _box(record, (place - 0.5) * STEP, HALF - STEP / 2, fill)

    def explain(self, record: OverlapRecord) -> str:
        """By the colors of the two squares."""
        one, other = record.squares[record.missing : record.missing + 2]
        return (
            "Where two squares overlap, their colors mix. The question mark lies where a "
            f"{one} and a {other} square overlap, and {one} and {other} make {self.answer(record)}."
        )

    def distinct(self, config: Config) -> float | None:
        """Colors of the squares, the missing overlap and the turn."""
        return (6 if config.sampling == "videothinkbench" else 12) * 2 * len(TURNS)


def _box(record: OverlapRecord, shift: float, half: float, fill: int) -> Polygon:
    """A turned square with its centre on the diagonal."""
    x, y = CENTRE[0] + shift, CENTRE[1] + shift
    corners = ((x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half))
    return Polygon(tuple(turn(corner, record.turn) for corner in corners), fill)


FAMILY = ColorOverlapSquares()
