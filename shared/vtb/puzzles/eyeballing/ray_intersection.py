"""Eyeballing: where three lines meet of which only the outer parts are drawn."""

from __future__ import annotations

import random

from vtb.puzzles.eyeballing.common.figure import Figure, angle_at, line, uniform, unit
from vtb.puzzles.eyeballing.common.figure_puzzle import FigurePuzzle
from vtb.puzzles.eyeballing.common.placement import Frame

LEAST_ANGLE = 0.611  # 35 degrees


class RayIntersection(FigurePuzzle):
    """Where three lines meet of which only the outer parts are drawn."""

    name = "ray_intersection"
    ask_point = "the point where the three lines meet when they are drawn further"
    reveal = "Draw the three lines further in black until they meet."

    def figure(self, rng: random.Random, frame: Frame) -> Figure | None:
        """The outer quarter to third of three rays from the target."""
        rays = [unit(rng) for _ in range(3)]
        if min(angle_at(0, rays[i], rays[i - 1]) for i in range(3)) < LEAST_ANGLE:
            return None
        ends = [uniform(rng, 0.26, 0.38) * frame.short * ray for ray in rays]
        starts = [end * uniform(rng, 0.65, 0.75) for end in ends]
        given = tuple(line(start, end, color="outline") for start, end in zip(starts, ends, strict=True))
        return Figure(given=given, answer=tuple(line(start, 0, color="outline") for start in starts))


FAMILY = RayIntersection()
