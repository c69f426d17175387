"""Eyeballing: the Fermat point of a triangle."""

from __future__ import annotations

import cmath
import math
import random

from vtb.puzzles.eyeballing.common.figure import Figure, line, polygon, sides, uniform, unit
from vtb.puzzles.eyeballing.common.figure_puzzle import FigurePuzzle
from vtb.puzzles.eyeballing.common.placement import Frame


class FermatPoint(FigurePuzzle):
    """The point with the least sum of distances to the corners; it sees every side under 120 degrees."""

    name = "fermat_point"
    ask_point = "the Fermat point of the triangle (with the least total distance to its three corners)"
    reveal = "Draw a straight black line from that point to each corner of the triangle."

    def figure(self, rng: random.Random, frame: Frame) -> Figure | None:
        """Corners on three rays from the target, 120 degrees apart: all angles are then below 120 degrees."""
        first = unit(rng)
        corners = [uniform(rng, 0.1, 0.4) * frame.short * first * cmath.rect(1, n * math.tau / 3) for n in range(3)]
        if min(sides(corners)) < 0.3 * frame.short:
            return None
        lines = tuple(line(0, corner) for corner in corners)
        return Figure(given=(polygon(*corners),), answer=lines, keep_clear=tuple(corners))


FAMILY = FermatPoint()
