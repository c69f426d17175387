"""Eyeballing: the centroid of a triangle."""

from __future__ import annotations

import random

from vtb.puzzles.eyeballing.common.figure import Figure, angle_at, line, polygon, uniform, unit
from vtb.puzzles.eyeballing.common.figure_puzzle import FigurePuzzle
from vtb.puzzles.eyeballing.common.placement import Frame


class TriangleCenter(FigurePuzzle):
    """The point where the three medians meet."""

    name = "triangle_center"
    ask_point = "the centroid of the triangle (where its three medians meet)"
    reveal = "Draw the three medians of the triangle in black."

    def figure(self, rng: random.Random, frame: Frame) -> Figure | None:
        """A triangle whose corners sum to zero; its centroid keeps clear of every side."""
        a, b = (uniform(rng, 0.15, 0.36) * frame.short * unit(rng) for _ in range(2))
        c = -a - b
        middles = [(a + b) / 2, (b + c) / 2, (c + a) / 2]
        angles = [angle_at(a, b, c), angle_at(b, c, a), angle_at(c, a, b)]
        if min(map(abs, middles)) < 0.08 * frame.short or abs(c) > 0.36 * frame.short or min(angles) < 0.4:
            return None
        medians = tuple(line(corner, -corner / 2) for corner in (a, b, c))
        return Figure(given=(polygon(a, b, c),), answer=medians, keep_clear=(a, b, c))


FAMILY = TriangleCenter()
