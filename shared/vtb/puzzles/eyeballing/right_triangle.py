"""Eyeballing: three of five points form a right triangle; which has the right angle."""

from __future__ import annotations

import itertools
import random

from vtb.puzzles.eyeballing.common.base import Eyeballing
from vtb.puzzles.eyeballing.common.config import Config
from vtb.puzzles.eyeballing.common.figure import polygon, sign, uniform, unit
from vtb.puzzles.eyeballing.common.placement import Placed
from vtb.puzzles.eyeballing.common.ranks import DRAWS, matched

EXTRA_TRIES = 12
LEAST_COS = 0.2  # every other angle of every three points is at least this far from a right one


class RightTriangle(Eyeballing):
    """The corner of the only right angle. The points alone answer this, by the nature of the task."""

    name = "right_triangle"
    shortcut = "the five points alone say which three have the right angle"
    ask_point = "the corner of the right angle, where exactly three of the five form a right triangle"
    reveal = "Draw the right triangle that three of the points form in black."
    tries, draws = 4, DRAWS  # few, because a new try draws a new rank, and rare ranks would become rarer

    def place(self, rng: random.Random, config: Config) -> Placed | None:
        """A right triangle and two points that make no second one."""
        return matched(rng, config.frame, lambda: self._points(rng, config), lambda points: polygon(*points[:3]))

    def _points(self, rng: random.Random, config: Config) -> list[complex] | None:
        """The corner, the two ends of its legs, and two more points."""
        short, along = config.frame.short, unit(rng)
        legs = [uniform(rng, 0.2, 0.6) * short for _ in range(2)]
        points = [0j, legs[0] * along, legs[1] * along * 1j * sign(rng)]
        least = max(0.1 * short * config.distractor_distance, config.frame.separation)
        for _ in range(2):
            for _ in range(EXTRA_TRIES):
                extra = uniform(rng, 0.1, 0.6) * short * unit(rng)
                if all(abs(extra - point) >= least for point in points) and not second_right_angle([*points, extra]):
                    points.append(extra)
                    break
            else:
                return None
        return points


def second_right_angle(points: list[complex]) -> bool:
    """Whether any angle but that of the first three points at the first is within 11.5 degrees of a right one."""
    for vertex in range(len(points) - 1, -1, -1):
        rays = [(other - points[vertex]) / abs(other - points[vertex]) for other in points if other != points[vertex]]
        for i, j in itertools.combinations(range(len(rays)), 2):
            if abs((rays[i] * rays[j].conjugate()).real) < LEAST_COS and (vertex, i, j) != (0, 0, 1):
                return True
    return False


FAMILY = RightTriangle()
