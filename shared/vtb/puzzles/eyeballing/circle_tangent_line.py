"""Eyeballing: a point on the tangent of a circle."""

from __future__ import annotations

import random

from vtb.puzzles.eyeballing.common.figure import Figure, circle, disc, line, sign, uniform, unit
from vtb.puzzles.eyeballing.common.figure_puzzle import FigurePuzzle
from vtb.puzzles.eyeballing.common.placement import Frame


class CircleTangentLine(FigurePuzzle):
    """A point on the tangent to a circle at a marked point."""

    name = "circle_tangent_line"
    ask_point = "on the tangent to the circle at the small disc"
    reveal = "Draw the tangent to the circle at the small disc in black."

    def figure(self, rng: random.Random, frame: Frame) -> Figure:
        """The point of contact on a line through the target, the centre square to that line."""
        along = unit(rng)
        contact = uniform(rng, 0.24, 0.36) * frame.short * along
        radius = uniform(rng, 0.14, 0.22) * frame.short
        centre = contact + sign(rng) * radius * along * 1j
        beyond = 0.08 * frame.short * along
        return Figure(
            given=(circle(centre, radius), disc(contact, 7)),
            answer=(line(contact + beyond, -beyond),),
            direction=along,
            jitter=0.1,
            keep_clear=(contact,),
        )


FAMILY = CircleTangentLine()
