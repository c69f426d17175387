"""Eyeballing: the fourth corner of an isosceles trapezoid."""

from __future__ import annotations

import random

from vtb.puzzles.eyeballing.common.figure import Figure, line, sign, uniform, unit
from vtb.puzzles.eyeballing.common.figure_puzzle import FigurePuzzle
from vtb.puzzles.eyeballing.common.placement import Frame


class IsoscelesTrapezoid(FigurePuzzle):
    """The fourth corner of an isosceles trapezoid."""

    name = "isosceles_trapezoid"
    ask_point = "the missing fourth corner of the isosceles trapezoid whose base is the longest given side"
    reveal = "Draw the two missing sides of the isosceles trapezoid in black."

    def figure(self, rng: random.Random, frame: Frame) -> Figure | None:
        """Base p1 p2, legs of one length that lean inwards by the same amount; the target is the corner over p2."""
        along = unit(rng)
        base, high = uniform(rng, 0.34, 0.5) * frame.short, uniform(rng, 0.16, 0.26) * frame.short
        lean = uniform(rng, 0.08, 0.3) * base
        up = sign(rng) * high * along * 1j
        if abs(complex(lean, high)) > 0.85 * base:  # the base must be the longest given side by far
            return None
        p2 = lean * along - up
        p1 = p2 - base * along
        p3 = p1 + lean * along + up
        return Figure(given=(line(p3, p1, p2),), answer=(line(p2, 0), line(0, p3)), keep_clear=(p2, p3))


FAMILY = IsoscelesTrapezoid()
