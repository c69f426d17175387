"""Eyeballing: a point on the bisector of an angle."""

from __future__ import annotations

import cmath
import random

from vtb.puzzles.eyeballing.common.figure import Figure, line, uniform, unit
from vtb.puzzles.eyeballing.common.figure_puzzle import FigurePuzzle
from vtb.puzzles.eyeballing.common.placement import Frame


class AngleBisector(FigurePuzzle):
    """A point on the bisector of an angle."""

    name = "angle_bisector"
    ask_point = "on the bisector of the angle"
    reveal = "Draw the bisector of the angle in black."

    def figure(self, rng: random.Random, frame: Frame) -> Figure:
        """The corner at some distance from the target, the arms turned by the same angle to either side."""
        bisector, half = unit(rng), uniform(rng, 0.16, 0.7)
        corner = -uniform(rng, 0.34, 0.46) * frame.short * bisector
        arms = [
            corner + uniform(rng, 0.24, 0.34) * frame.short * bisector * cmath.rect(1, turn) for turn in (half, -half)
        ]
        return Figure(
            given=(line(arms[0], corner, arms[1]),),
            answer=(line(corner, 0),),
            direction=bisector,
            jitter=0.1,
            keep_clear=(corner, *arms),
        )


FAMILY = AngleBisector()
