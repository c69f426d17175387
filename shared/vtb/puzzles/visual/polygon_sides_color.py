"""Six polygons in a triangle: those with as many sides have the same color."""

from __future__ import annotations

import math
import random
from typing import Any, ClassVar

from vtb.puzzles.visual.common.base import Config
from vtb.puzzles.visual.common.family import VisualFamily
from vtb.puzzles.visual.common.patterns import assign, missing_in
from vtb.puzzles.visual.common.record import Content, VisualRecord
from vtb.puzzles.visual.common.scene import MISSING, Polygon, regular
from vtb.rng import shuffled

SIDES = range(3, 10)
RADIUS, SPACING = 66, 160
CENTRES = tuple((256 + (column - row / 2) * SPACING, 106 + row * 150) for row in range(3) for column in range(row + 1))


class PolygonRecord(VisualRecord, frozen=True, kw_only=True):
    """How many sides each polygon has."""

    sides: list[int]


class PolygonSidesColor(VisualFamily[PolygonRecord]):
    """The family."""

    name = "visual_polygon_sides_color"
    payload_class = PolygonRecord
    part_name = "polygon"
    asked = "color"
    places = 6
    rule = "Polygons with the same number of sides have the same color."
    content: ClassVar[Content] = {"sides": (6, SIDES)}

    def compose(self, rng: random.Random, config: Config) -> dict[str, Any]:
        """Three numbers of sides, a color for each, and each on two polygons."""
        kinds = shuffled(rng, SIDES)[:3]
        color = dict(zip(kinds, assign(rng, 3, config.color_names), strict=True))
        sides = shuffled(rng, kinds * 2)
        pairs = [[place for place in range(6) if sides[place] == count] for count in kinds]
        missing = missing_in(rng, pairs, config.sampling)
        return {"values": [color[count] for count in sides], **missing, "sides": sides}

    def part(self, record: PolygonRecord, place: int, value: str | None) -> Polygon:
        """A polygon of the triangle."""
        fill = MISSING if value is None else self.fills[value]
        return Polygon(regular(record.sides[place], CENTRES[place], RADIUS), fill)

    def explain(self, record: PolygonRecord) -> str:
        """By the other polygon with as many sides."""
        count, missing = record.sides[record.missing], record.missing
        other = next(place for place in range(6) if record.sides[place] == count and place != missing)
        return (
            f"{self.rule} The one with the question mark has "
            f"{count} sides like polygon {other + 1}, so the answer is {self.answer(record)}."
        )

    def distinct(self, config: Config) -> float | None:
        """Three numbers of sides, their colors, the 90 orders of three pairs, and the missing polygon."""
        missing = 6 if config.sampling == "videothinkbench" else 3 * 2**3
        return 35 * math.perm(config.colors, 3) * 90 * missing


FAMILY = PolygonSidesColor()
