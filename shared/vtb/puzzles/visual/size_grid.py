"""Nine discs of one color: the corners share a size, the middles of the sides share one, the centre has its own."""

from __future__ import annotations

import random
from typing import Any, ClassVar

from vtb.puzzles.visual.common.base import Config
from vtb.puzzles.visual.common.disc_grid import DiscGrid, place_in_grid
from vtb.puzzles.visual.common.patterns import SIZES, SIZES_NOTE, assign
from vtb.puzzles.visual.common.record import ColoredRecord, Content
from vtb.puzzles.visual.common.scene import COLORS, MISSING, SIDE, Disc
from vtb.rng import pick

SPACING = 150
RADII = dict(zip(SIZES, (SIDE / 24, SIDE / 14, SIDE / 10), strict=True))


class SizeGrid(DiscGrid[ColoredRecord]):
    """The family."""

    name = "visual_size_grid"
    payload_class = ColoredRecord
    asked = "size"
    starred = True
    words = SIZES
    note = SIZES_NOTE
    content: ClassVar[Content] = {"color": (None, COLORS)}

    def compose(self, rng: random.Random, config: Config) -> dict[str, Any]:
        """Sizes of corners, edges and middle, and the color of all."""
        return {"color": pick(rng, config.color_names), **self.pattern(rng, assign(rng, 3, SIZES), config.sampling)}

    def part(self, record: ColoredRecord, place: int, value: str | None) -> Disc:
        """A disc in the grid; a missing one is always as large as the largest."""
        centre = place_in_grid(place, SPACING)
        if value is None:
            return Disc(centre, RADII["large"], MISSING, outlined=False)
        return Disc(centre, RADII[value], self.fills[record.color])

    def distinct(self, config: Config) -> float | None:
        """Sizes of the groups, the missing disc and the color."""
        return config.colors * self.count_patterns(len(SIZES), config.sampling)


FAMILY = SizeGrid()
