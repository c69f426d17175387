"""Seven bars on a line: those of the same height have the same color."""

from __future__ import annotations

import math
import random
from typing import Any, ClassVar

from vtb.puzzles.visual.common.base import Config
from vtb.puzzles.visual.common.family import VisualFamily
from vtb.puzzles.visual.common.patterns import assign, missing_in
from vtb.puzzles.visual.common.record import Content, VisualRecord
from vtb.puzzles.visual.common.scene import MISSING, Polygon
from vtb.rng import pick, shuffled

HEIGHTS = {"short": 130, "medium": 260, "tall": 390}
WIDTH, SPACING, GROUND = 54, 66, 452


class BarsRecord(VisualRecord, frozen=True, kw_only=True):
    """How tall each bar is, in words."""

    heights: list[str]


class RectangleHeightColor(VisualFamily[BarsRecord]):
    """The family."""

    name = "visual_rectangle_height_color"
    payload_class = BarsRecord
    part_name = "bar"
    asked = "color"
    places = 7
    rule = "Bars of the same height have the same color."
    content: ClassVar[Content] = {"heights": (7, HEIGHTS)}
    glyph = 70.0

    def compose(self, rng: random.Random, config: Config) -> dict[str, Any]:
        """Each height twice and one of them once more, and a color for each."""
        kinds = tuple(HEIGHTS)
        color = dict(zip(kinds, assign(rng, 3, config.color_names), strict=True))
        heights = shuffled(rng, [*kinds, *kinds, pick(rng, kinds)])
        groups = [[place for place in range(7) if heights[place] == kind] for kind in kinds]
        missing = missing_in(rng, groups, config.sampling, seen=1)
        return {"values": [color[height] for height in heights], **missing, "heights": heights}

    def part(self, record: BarsRecord, place: int, value: str | None) -> Polygon:
        """A bar; what is printed on it stands in its lower part, so that it does not follow the height."""
        x, top = 256 + (place - 3) * SPACING, GROUND - HEIGHTS[record.heights[place]]
        left, right = x - WIDTH / 2, x + WIDTH / 2
        corners = ((left, top), (right, top), (right, GROUND), (left, GROUND))
        return Polygon(corners, MISSING if value is None else self.fills[value], label=(x, GROUND - 65))

    def explain(self, record: BarsRecord) -> str:
        """By the other bars of the height."""
        height = record.heights[record.missing]
        same = [str(place + 1) for place in range(7) if record.heights[place] == height and place in record.seen]
        return (
            f"{self.rule} The one with the question mark is {height} like "
            f"{'bars' if len(same) > 1 else 'bar'} {' and '.join(same)}, so the answer is {self.answer(record)}."
        )

    def distinct(self, config: Config) -> float | None:
        """Colors, the 3 x 210 orders of three kinds of bars, and the missing one of seven, or of four not shown."""
        return math.perm(config.colors, 3) * 630 * (7 if config.sampling == "videothinkbench" else 2 * 2 * 3 * 4)


FAMILY = RectangleHeightColor()
