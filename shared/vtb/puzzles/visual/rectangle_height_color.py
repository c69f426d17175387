"""Seven bars on a line: those of the same height have the same color."""

from __future__ import annotations

import random
from typing import Any, ClassVar

from vtb.puzzles.visual.common.base import Config
from vtb.puzzles.visual.common.family import VisualFamily
from vtb.puzzles.visual.common.patterns import assign, count_assigned, pick, shuffled
from vtb.puzzles.visual.common.record import Content, VisualRecord
from vtb.puzzles.visual.common.scene import MISSING, Polygon
from vtb.rng import below

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
    content: ClassVar[Content] = {"heights": (7, HEIGHTS)}
    glyph = 70.0

    def compose(self, rng: random.Random, config: Config) -> dict[str, Any]:
        """Each height twice and one of them once more, and a color for each."""
        kinds = tuple(HEIGHTS)
        color = dict(zip(kinds, assign(rng, 3, config.color_names, config.sampling), strict=True))
        heights = shuffled(rng, [*kinds, *kinds, pick(rng, kinds)])
        return {"values": [color[height] for height in heights], "missing": below(rng, 7), "heights": heights}

    def part(self, record: BarsRecord, place: int, value: str | None) -> Polygon:
        """A bar; what is printed on it stands in its lower part, so that it does not follow the height."""
        x, top = 256 + (place - 3) * SPACING, GROUND - HEIGHTS[record.heights[place]]
        left, right = x - WIDTH / 2, x + WIDTH / 2
        corners = ((left, top), (right, top), (right, GROUND), (left, GROUND))
        return Polygon(corners, MISSING if value is None else self.fills[value], label=(x, GROUND - 65))

    def explain(self, record: BarsRecord) -> str:
        """By the other bars of the height."""
        height, missing = record.heights[record.missing], record.missing
        same = [str(place + 1) for place in range(7) if record.heights[place] == height and place != missing]
        return (
            f"Bars of the same height have the same color. The one with the question mark is {height} like "
            f"{'bars' if len(same) > 1 else 'bar'} {' and '.join(same)}, so the answer is {self.answer(record)}."
        )

    def distinct(self, config: Config) -> float | None:
        """Colors, the 3 x 210 orders of three kinds of bars, and the missing one."""
        return count_assigned(3, config.colors, config.sampling) * 630 * 7


FAMILY = RectangleHeightColor()
