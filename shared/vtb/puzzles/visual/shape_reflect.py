"""A row of shapes above a line, and its mirror image below."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any, ClassVar

from vtb.puzzles.visual.common.base import Config
from vtb.puzzles.visual.common.family import VisualFamily
from vtb.puzzles.visual.common.patterns import assign, missing_in
from vtb.puzzles.visual.common.record import ColoredRecord, Content
from vtb.puzzles.visual.common.scene import COLORS, MISSING, SHAPES, Disc, Line, Polygon, Shape, regular
from vtb.rng import pick

COLUMNS, SPACING, RADIUS = 4, 122, 52
LINE_Y, FROM_LINE = 256, 90
UPRIGHT = ("triangle", "pentagon")  # the shapes that their mirror image is not the same as


class ShapeReflect(VisualFamily[ColoredRecord]):
    """The family."""

    name = "visual_shape_reflect"
    payload_class = ColoredRecord
    part_name = "figure"
    asked = "shape"
    places = 2 * COLUMNS
    starred = True
    words = tuple(SHAPES)
    rule = "The shapes below the line are the mirror image of those above it."
    content: ClassVar[Content] = {"color": (None, COLORS)}

    def compose(self, rng: random.Random, config: Config) -> dict[str, Any]:
        """A row of shapes twice, and the color of all."""
        row = assign(rng, COLUMNS, tuple(SHAPES))
        pairs = [(column, column + COLUMNS) for column in range(COLUMNS)]
        return {"values": row * 2, **missing_in(rng, pairs, config.sampling), "color": pick(rng, config.color_names)}

    def part(self, record: ColoredRecord, place: int, value: str | None) -> Shape:
        """A shape above the line, or below it upside down."""
        return self._shape(record, place, value, below_line=place >= COLUMNS)

    def _shape(self, record: ColoredRecord, place: int, value: str | None, *, below_line: bool) -> Shape:
        row, column = divmod(place, COLUMNS)
        centre = 256 + (column - (COLUMNS - 1) / 2) * SPACING, LINE_Y + (FROM_LINE if row else -FROM_LINE)
        if value is None:
            return Disc(centre, RADIUS, MISSING, outlined=False)
        return Polygon(regular(SHAPES[value], centre, RADIUS, turned=below_line), self.fills[record.color])

    def looks(self, record: ColoredRecord) -> dict[str, Shape]:
        """Also what looks wrong because it was copied and not mirrored."""
        place = record.missing
        wrong = {
            f"{name}, not mirrored": self._shape(record, place, name, below_line=place < COLUMNS) for name in UPRIGHT
        }
        return {**super().looks(record), **wrong}

    def backdrop(self, record: ColoredRecord) -> Sequence[Line]:
        """The line of reflection."""
        return (Line(((16, LINE_Y), (496, LINE_Y))),)

    def explain(self, record: ColoredRecord) -> str:
        """By the mirror image."""
        other = (record.missing + COLUMNS) % self.places + 1
        return (
            f"{self.rule} The mirror image of the missing shape is"
            f" shape {other}, a {self.answer(record)}, so the answer is {self.answer(record)}."
        )

    def distinct(self, config: Config) -> float | None:
        """The row, the missing shape, with a hidden one of each other pair where there are such, and the color."""
        missing = self.places if config.sampling == "videothinkbench" else COLUMNS * 2**COLUMNS
        return missing * config.colors * math.perm(len(SHAPES), COLUMNS)


FAMILY = ShapeReflect()
