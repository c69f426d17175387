"""Eyeballing: a point on the parallel to a line."""

from __future__ import annotations

import random

from vtb.puzzles.eyeballing.common.figure import Figure, disc, line, sign, uniform, unit
from vtb.puzzles.eyeballing.common.figure_puzzle import FigurePuzzle
from vtb.puzzles.eyeballing.common.placement import Frame


class Parallel(FigurePuzzle):
    """A point on the parallel to a line through a marked point."""

    name = "parallel"
    ask_point = "on the line through the small disc that is parallel to the given line"
    reveal = "Draw the line through the small disc that is parallel to the given line in black."

    def figure(self, rng: random.Random, frame: Frame) -> Figure:
        """The marked point on a line through the target, the given line beside it."""
        along = unit(rng)
        marked = uniform(rng, 0.32, 0.44) * frame.short * along
        middle = marked * uniform(rng, 0.3, 0.8) + sign(rng) * uniform(rng, 0.14, 0.22) * frame.short * along * 1j
        half = uniform(rng, 0.15, 0.2) * frame.short * along
        return Figure(
            given=(line(middle - half, middle + half), disc(marked, 7)),
            answer=(line(marked, 0),),
            direction=along,
            jitter=0.1,
            keep_clear=(marked, middle - half, middle + half),
        )


FAMILY = Parallel()
