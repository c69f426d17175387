"""Three by three discs in which corners share a value, and edges share one: the base of two visual puzzles.

The middle has a value of its own and is never asked for: nothing in the picture would tell it.
"""

from __future__ import annotations

import math
import random
from typing import Any

from vtb.puzzles.visual.common.base import V
from vtb.puzzles.visual.common.family import VisualFamily
from vtb.puzzles.visual.common.patterns import missing_in
from vtb.puzzles.visual.common.scene import CENTRE, Point

CORNER_PLACES, EDGE_PLACES, MIDDLE = (0, 2, 6, 8), (1, 3, 5, 7), 4
ASKED_PLACES = CORNER_PLACES + EDGE_PLACES


def place_in_grid(place: int, spacing: float) -> Point:
    """The centre of a cell of a 3 x 3 grid, row by row."""
    row, column = divmod(place, 3)
    return CENTRE[0] + (column - 1) * spacing, CENTRE[1] + (row - 1) * spacing


class DiscGrid(VisualFamily[V]):
    """The common part."""

    part_name = "disc"
    places = 9

    def pattern(self, rng: random.Random, groups: list[str], sampling: str) -> dict[str, Any]:
        """The values of corners, edges and middle in their places, and the missing disc.

        The middle would be seen once and is never asked for: under fair sampling it is hidden, and no third value.
        """
        corner, edge, middle = groups
        values = [corner if place in CORNER_PLACES else edge for place in range(9)]
        found = missing_in(rng, (CORNER_PLACES, EDGE_PLACES), sampling)
        if sampling == "fair":
            return {"values": values, **found, "hidden": sorted([MIDDLE, *found["hidden"]])}
        values[MIDDLE] = middle
        return {"values": values, **found}

    def count_patterns(self, values: int, sampling: str) -> int:
        """How many different results ``pattern`` has."""
        if sampling == "fair":
            return math.perm(values, 2) * 4 * 4 * 2
        return math.perm(values, 3) * len(ASKED_PLACES)

    def explain(self, record: V) -> str:
        """By the discs of the same kind."""
        corner = record.missing in CORNER_PLACES
        group = [place + 1 for place in (CORNER_PLACES if corner else EDGE_PLACES) if place in record.seen]
        return (
            f"The discs in the corners share one {self.asked}, and those in the middle of the sides share one. The "
            f"question mark is {'in a corner' if corner else 'in the middle of a side'} like discs {group[0]}, "
            f"{group[1]} and {group[2]}, which are {self.answer(record)}, so the answer is {self.answer(record)}."
        )
