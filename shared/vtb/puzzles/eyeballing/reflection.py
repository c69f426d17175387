"""Eyeballing: the mirror image of a point in a line."""

from __future__ import annotations

import random

from vtb.puzzles.eyeballing.common.figure import Figure, disc, line, uniform, unit
from vtb.puzzles.eyeballing.common.figure_puzzle import FigurePuzzle
from vtb.puzzles.eyeballing.common.placement import Frame


class Reflection(FigurePuzzle):
    """The mirror image of a point in a line."""

    name = "reflection"
    ask_point = "the mirror image of the small disc in the line"
    reveal = "Draw a straight black line from the small disc to its mirror image."

    def figure(self, rng: random.Random, frame: Frame) -> Figure:
        """The line at some distance from the target, and the source on its other side."""
        towards = unit(rng)
        foot = uniform(rng, 0.1, 0.22) * frame.short * towards
        middle = foot + uniform(rng, -0.12, 0.12) * frame.short * towards * 1j
        half = uniform(rng, 0.2, 0.28) * frame.short * towards * 1j
        source = 2 * foot
        return Figure(
            given=(line(middle - half, middle + half), disc(source, 7)),
            answer=(line(source, 0),),
            keep_clear=(source, middle - half, middle + half),
        )


FAMILY = Reflection()
