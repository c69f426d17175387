"""Eyeballing: the circumcentre of a triangle."""

from __future__ import annotations

import cmath
import itertools
import math
import random

from vtb.puzzles.eyeballing.common.figure import Figure, circle, gaps, polygon, uniform, unit
from vtb.puzzles.eyeballing.common.figure_puzzle import FigurePuzzle
from vtb.puzzles.eyeballing.common.placement import Frame


class Circumcenter(FigurePuzzle):
    """The point at the same distance from the three corners, inside the triangle."""

    name = "circumcenter"
    ask_point = "the circumcentre of the triangle (the centre of the circle through its three corners)"
    reveal = "Draw the circle through the three corners of the triangle in black."

    def figure(self, rng: random.Random, frame: Frame) -> Figure | None:
        """Three points of a circle about the target; gaps below half a turn keep the centre inside."""
        turns = gaps(rng, 3, 0.3 * math.pi, 0.95 * math.pi)
        if turns is None:
            return None
        radius, first = uniform(rng, 0.15, 0.32) * frame.short, unit(rng)
        starts = itertools.accumulate(turns[:2], initial=0.0)
        corners = [radius * first * cmath.rect(1, angle) for angle in starts]
        return Figure(given=(polygon(*corners),), answer=(circle(0, radius, width=1.0),), keep_clear=tuple(corners))


FAMILY = Circumcenter()
