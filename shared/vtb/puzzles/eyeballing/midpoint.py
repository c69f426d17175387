"""Eyeballing: the midpoint of two discs."""

from __future__ import annotations

import random

from vtb.puzzles.eyeballing.common.figure import Figure, disc, line, uniform, unit
from vtb.puzzles.eyeballing.common.figure_puzzle import FigurePuzzle
from vtb.puzzles.eyeballing.common.placement import Frame


class Midpoint(FigurePuzzle):
    """The point half-way between two discs."""

    name = "midpoint"
    ask_point = "the midpoint between the two discs"
    reveal = "Draw a straight grey line between the two discs."

    def figure(self, rng: random.Random, frame: Frame) -> Figure:
        """Two discs on opposite sides of the target."""
        half = uniform(rng, 0.14, 0.36) * frame.short * unit(rng)
        size = max(frame.radius + 6, round(0.028 * frame.short))
        return Figure(
            given=(disc(half, size), disc(-half, size)),
            answer=(line(half, -half, color="grey"),),
            keep_clear=(half, -half),
        )


FAMILY = Midpoint()
