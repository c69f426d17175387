"""Eyeballing: three of five points form a right triangle; which has the right angle."""

from __future__ import annotations

import itertools
import random

from vtb.eyeballing.figure import dot, polygon, sign, uniform, unit
from vtb.eyeballing.place import Placed
from vtb.eyeballing.ranks import matched
from vtb.eyeballing.task import Config, Eyeballing

LEAST_COS = 0.2  # every other angle of every three points is at least this far from a right one


class RightTriangle(Eyeballing):
    """The corner of the only right angle. The points alone answer this, by the nature of the task."""

    name = "right_triangle"
    ask_point = "the corner of the right angle, where exactly three of the five form a right triangle"
    reveal = "Draw the right triangle that three of the points form in black."

    def place(self, rng: random.Random, config: Config) -> Placed | None:
        """A right triangle and two points that make no second one."""
        return matched(rng, config.frame, lambda: self._points(rng, config), lambda points: polygon(*points[:3]))

    def _points(self, rng: random.Random, config: Config) -> list[complex] | None:
        short = config.frame.short
        along = unit(rng)
        ends = [
            uniform(rng, 0.2, 0.6) * short * along,
            uniform(rng, 0.2, 0.6) * short * along * 1j * sign(rng),
        ]
        others = [uniform(rng, 0.1, 0.6) * short * unit(rng) for _ in range(2)]
        points = [0j, *ends, *others]
        least = max(0.1 * short, config.frame.separation)
        if any(abs(a - b) < least for a, b in itertools.combinations(points, 2)) or second_right_angle(points):
            return None
        return points


def nearly_right(u: complex, v: complex) -> bool:
    """Whether two directions are within 11.5 degrees of a right angle."""
    return abs(dot(u, v)) < LEAST_COS * abs(u) * abs(v)


def second_right_angle(points: list[complex]) -> bool:
    """Whether any angle but that of the first three points at the first is nearly right."""
    for three in itertools.combinations(range(5), 3):
        for vertex in three:
            a, b = (points[other] for other in three if other != vertex)
            if (vertex, set(three)) != (0, {0, 1, 2}) and nearly_right(a - points[vertex], b - points[vertex]):
                return True
    return False


FAMILY = RightTriangle()
