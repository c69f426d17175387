"""Eyeballing: a point at the same distance from two discs."""

from __future__ import annotations

import random

from vtb.puzzles.eyeballing.common.figure import Figure, disc, line, uniform, unit
from vtb.puzzles.eyeballing.common.figure_puzzle import FigurePuzzle
from vtb.puzzles.eyeballing.common.placement import Frame


class PerpendicularBisector(FigurePuzzle):
    """A point on the perpendicular bisector of two discs."""

    name = "perpendicular_bisector"
    ask_point = "on the perpendicular bisector of the two discs (at the same distance from both)"
    reveal = "Draw the perpendicular bisector of the two discs in black."

    def figure(self, rng: random.Random, frame: Frame) -> Figure:
        """Two discs on either side of a line through the target."""
        along = unit(rng)
        middle = uniform(rng, 0.3, 0.46) * frame.short * along
        half = uniform(rng, 0.13, 0.2) * frame.short * along * 1j
        return Figure(
            given=(disc(middle + half, 9), disc(middle - half, 9)),
            answer=(line(middle, 0),),
            direction=along,
            jitter=0.1,
            keep_clear=(middle + half, middle - half),
        )


FAMILY = PerpendicularBisector()
