"""Six triangles form a hexagon; opposite ones share a color."""

from __future__ import annotations

import math
import random
from typing import Any

from vtb.puzzles.visual.common.base import Config
from vtb.puzzles.visual.common.family import VisualFamily
from vtb.puzzles.visual.common.patterns import assign, missing_in
from vtb.puzzles.visual.common.record import VisualRecord
from vtb.puzzles.visual.common.scene import CENTRE, MISSING, Polygon, regular

CORNERS = regular(6, CENTRE, 220)
PAIRS = ((0, 3), (1, 4), (2, 5))


class ColorHexagon(VisualFamily[VisualRecord]):
    """The family."""

    name = "visual_color_hexagon"
    payload_class = VisualRecord
    part_name = "triangle"
    asked = "color"
    places = 6
    rule = "Triangles that lie opposite each other have the same color."

    def compose(self, rng: random.Random, config: Config) -> dict[str, Any]:
        """A color for each pair of opposite triangles."""
        pairs = assign(rng, 3, config.color_names)
        return {"values": pairs * 2, **missing_in(rng, PAIRS, config.sampling)}

    def part(self, record: VisualRecord, place: int, value: str | None) -> Polygon:
        """A triangle from the middle to one side."""
        fill = MISSING if value is None else self.fills[value]
        return Polygon((CENTRE, CORNERS[place], CORNERS[(place + 1) % 6]), fill)

    def explain(self, record: VisualRecord) -> str:
        """By the opposite triangle."""
        opposite = (record.missing + 3) % 6 + 1
        return (
            f"{self.rule} Triangle {opposite} lies opposite the "
            f"question mark and is {self.answer(record)}, so the answer is {self.answer(record)}."
        )

    def distinct(self, config: Config) -> float | None:
        """Colors of the pairs, and the missing triangle, with a hidden one of each other pair where there are such."""
        return (6 if config.sampling == "videothinkbench" else 3 * 2**3) * math.perm(config.colors, 3)


FAMILY = ColorHexagon()
