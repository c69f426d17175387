"""Eyeballing: the orthocentre of a triangle."""

from __future__ import annotations

import random

from vtb.puzzles.eyeballing.common.figure import Figure, angle_at, dot, line, polygon, sides, uniform, unit
from vtb.puzzles.eyeballing.common.figure_puzzle import FigurePuzzle
from vtb.puzzles.eyeballing.common.placement import Frame


class Orthocenter(FigurePuzzle):
    """The point where the three altitudes meet."""

    name = "orthocenter"
    ask_point = "the orthocentre of the triangle (where its three altitudes meet)"
    reveal = "Draw the three altitudes of the triangle in black."

    def figure(self, rng: random.Random, frame: Frame) -> Figure | None:
        """A random triangle, moved so that its altitudes meet in the target."""
        corners = [uniform(rng, 0.1, 0.36) * frame.short * unit(rng) for _ in range(3)]
        a, b, c = corners
        angles = [angle_at(a, b, c), angle_at(b, c, a), angle_at(c, a, b)]
        if min(sides(corners)) < 0.3 * frame.short or min(angles) < 0.35 or max(angles) > 2.1:
            return None
        meet = orthocenter(a, b, c)
        a, b, c = (corner - meet for corner in corners)
        if max(abs(a), abs(b), abs(c)) > 0.5 * frame.short or min(abs(a), abs(b), abs(c)) < 0.02 * frame.short:
            return None
        feet = tuple(line(corner, foot(corner, p, q)) for corner, p, q in ((a, b, c), (b, c, a), (c, a, b)))
        return Figure(
            given=(polygon(a, b, c),), answer=(*feet, line(a, 0), line(b, 0), line(c, 0)), keep_clear=(a, b, c)
        )


def foot(point: complex, p: complex, q: complex) -> complex:
    """The foot of the perpendicular from a point to the line through p and q."""
    along = q - p
    return p + along * (dot(point - p, along) / abs(along) ** 2)


def orthocenter(a: complex, b: complex, c: complex) -> complex:
    """Where the altitudes meet: the sum of the corners, seen from the circumcentre."""
    b0, c0 = b - a, c - a
    d = 2 * (b0.real * c0.imag - b0.imag * c0.real)
    ux = (c0.imag * abs(b0) ** 2 - b0.imag * abs(c0) ** 2) / d
    uy = (b0.real * abs(c0) ** 2 - c0.real * abs(b0) ** 2) / d
    circumcentre = a + complex(ux, uy)
    return a + b + c - 2 * circumcentre


FAMILY = Orthocenter()
