"""Nine discs: the corners share a color, the middles of the sides share one, the centre has its own."""

from __future__ import annotations

import random
from typing import Any

from vtb.puzzles.visual.common.base import Config
from vtb.puzzles.visual.common.disc_grid import DiscGrid, place_in_grid
from vtb.puzzles.visual.common.patterns import assign
from vtb.puzzles.visual.common.record import VisualRecord
from vtb.puzzles.visual.common.scene import MISSING, Disc

SPACING, RADIUS = 150, 58


class ColorGrid(DiscGrid[VisualRecord]):
    """The family."""

    name = "visual_color_grid"
    payload_class = VisualRecord
    asked = "color"

    def compose(self, rng: random.Random, config: Config) -> dict[str, Any]:
        """Colors of corners, edges and middle."""
        return self.pattern(rng, assign(rng, 3, config.color_names), config.sampling)

    def part(self, record: VisualRecord, place: int, value: str | None) -> Disc:
        """A disc in the grid."""
        return Disc(place_in_grid(place, SPACING), RADIUS, MISSING if value is None else self.fills[value])

    def distinct(self, config: Config) -> float | None:
        """Colors of the groups, and the missing disc."""
        return self.count_patterns(config.colors, config.sampling)


FAMILY = ColorGrid()
