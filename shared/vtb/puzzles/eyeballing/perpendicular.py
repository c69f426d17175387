"""Eyeballing: a point on the perpendicular to a line."""

from __future__ import annotations

import random

from vtb.puzzles.eyeballing.common.figure import Figure, disc, line, uniform, unit
from vtb.puzzles.eyeballing.common.figure_puzzle import FigurePuzzle
from vtb.puzzles.eyeballing.common.placement import Frame


class Perpendicular(FigurePuzzle):
    """A point on the perpendicular to a line at a marked point."""

    name = "perpendicular"
    ask_point = "on the perpendicular to the line at the small disc"
    reveal = "Draw the perpendicular to the line at the small disc in black."

    def figure(self, rng: random.Random, frame: Frame) -> Figure:
        """The marked point on a line through the target, the given line square to it with its end there."""
        along = unit(rng)
        marked = uniform(rng, 0.28, 0.46) * frame.short * along
        far = marked + uniform(rng, 0.3, 0.4) * frame.short * along * 1j
        return Figure(
            given=(line(marked, far), disc(marked, 7)),
            answer=(line(marked, 0),),
            direction=along,
            keep_clear=(marked,),
        )


FAMILY = Perpendicular()
