"""Eyeballing: the centre of a circle."""

from __future__ import annotations

import random

from vtb.puzzles.eyeballing.common.figure import Figure, circle, uniform
from vtb.puzzles.eyeballing.common.figure_puzzle import FigurePuzzle
from vtb.puzzles.eyeballing.common.placement import Frame


class CircleCenter(FigurePuzzle):
    """The centre of a circle."""

    name = "circle_center"
    ask_point = "the centre of the circle"
    reveal = "Leave the circle as it is."

    def figure(self, rng: random.Random, frame: Frame) -> Figure:
        """A circle about the target."""
        return Figure(given=(circle(0, uniform(rng, 0.12, 0.33) * frame.short),))


FAMILY = CircleCenter()
