"""Eyeballing: the incentre of a triangle."""

from __future__ import annotations

import cmath
import itertools
import math
import random

from vtb.puzzles.eyeballing.common.figure import Figure, circle, gaps, polygon, uniform, unit
from vtb.puzzles.eyeballing.common.figure_puzzle import FigurePuzzle
from vtb.puzzles.eyeballing.common.placement import Frame


class Incenter(FigurePuzzle):
    """The centre of the circle that touches the three sides."""

    name = "incenter"
    ask_point = "the incentre of the triangle (the centre of the circle that touches its three sides)"
    reveal = "Draw the circle that touches the three sides of the triangle from inside in black."

    def figure(self, rng: random.Random, frame: Frame) -> Figure | None:
        """A circle about the target and the triangle of three of its tangents."""
        turns = gaps(rng, 3, 0.4 * math.pi, 0.82 * math.pi)
        if turns is None:
            return None
        radius, first = uniform(rng, 0.1, 0.16) * frame.short, unit(rng)
        starts = list(itertools.accumulate(turns[:2], initial=0.0))
        # two tangents meet half-way between their points of contact, at radius / cos(half the gap)
        corners = [
            radius / math.cos(turn / 2) * first * cmath.rect(1, start + turn / 2)
            for start, turn in zip(starts, turns, strict=True)
        ]
        return Figure(given=(polygon(*corners),), answer=(circle(0, radius, width=1.0),), keep_clear=tuple(corners))


FAMILY = Incenter()
