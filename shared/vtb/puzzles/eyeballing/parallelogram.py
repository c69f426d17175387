"""Eyeballing: the fourth corner of a parallelogram."""

from __future__ import annotations

import random

from vtb.puzzles.eyeballing.common.figure import Figure, angle_at, line, uniform, unit
from vtb.puzzles.eyeballing.common.figure_puzzle import FigurePuzzle
from vtb.puzzles.eyeballing.common.placement import Frame


class Parallelogram(FigurePuzzle):
    """The fourth corner of a parallelogram."""

    name = "parallelogram"
    ask_point = "the missing fourth corner of the parallelogram"
    reveal = "Draw the two missing sides of the parallelogram in black."

    def figure(self, rng: random.Random, frame: Frame) -> Figure | None:
        """Two corners next to the target, and the one opposite."""
        p1, p2 = (uniform(rng, 0.22, 0.36) * frame.short * unit(rng) for _ in range(2))
        if not 0.524 <= angle_at(0, p1, p2) <= 2.618:
            return None
        return Figure(given=(line(p1, p1 + p2, p2),), answer=(line(p2, 0), line(0, p1)), keep_clear=(p1, p2))


FAMILY = Parallelogram()
