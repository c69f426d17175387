"""Eyeballing: where the tangent from a point touches a circle."""

from __future__ import annotations

import cmath
import math
import random

from vtb.puzzles.eyeballing.common.base import Eyeballing
from vtb.puzzles.eyeballing.common.config import Config
from vtb.puzzles.eyeballing.common.figure import Figure, circle, disc, dot, line, sign, uniform
from vtb.puzzles.eyeballing.common.placement import COUNT, Frame, Placed, box_of, random_shift
from vtb.rng import below

LEAST_COS = 0.2  # no other candidate is nearly a point of contact, of this tangent or of the second one


class CircleTangentPoint(Eyeballing):
    """The point of contact of a tangent; all candidates lie on the circle."""

    name = "circle_tangent_point"
    ask_point = "where a tangent from the small disc touches the circle"
    reveal = "Draw the tangent from the small disc to the circle, and the radius to its point of contact, in black."

    def place(self, rng: random.Random, config: Config) -> Placed | None:
        """Five points of a circle; the outer point follows from the one that is chosen, and must fit for each."""
        frame = config.frame
        radius = uniform(rng, 0.2, 0.3) * frame.short
        contacts = _on_circle(rng, frame, radius)
        if contacts is None:
            return None
        turn, reach = 1j * sign(rng), radius * math.sqrt(uniform(rng, 1.5, 2.2) ** 2 - 1)
        outers = [contact + reach * turn * contact / radius for contact in contacts]
        if any(_ambiguous(contacts, number, outers[number]) for number in range(COUNT)):
            return None
        return self._put(rng, frame, radius, contacts, outers)

    def _put(
        self, rng: random.Random, frame: Frame, radius: float, contacts: list[complex], outers: list[complex]
    ) -> Placed | None:
        corner = (radius + frame.radius) * (1 + 1j)
        centre = random_shift(rng, frame, box_of([-corner, corner, *outers]))
        if centre is None:
            return None
        correct = below(rng, COUNT)
        contact, outer = contacts[correct], outers[correct]
        figure = Figure(
            given=(circle(0, radius), disc(outer, 7)), answer=(line(outer, contact), line(0, contact))
        ).moved(centre)
        return Placed(figure, tuple(centre + point for point in contacts), correct)


def _on_circle(rng: random.Random, frame: Frame, radius: float) -> list[complex] | None:
    """Five points of the circle about the origin, in the order of their letters, none too near to another."""
    least = 22 + 12 * (frame.spread - 1)
    gaps = [math.radians(uniform(rng, least, 55)) for _ in range(COUNT - 1)]
    if min(gaps) * radius < frame.separation:
        return None
    first = math.tau * rng.random()
    return [cmath.rect(radius, first + sum(gaps[:number])) for number in range(COUNT)]


def _ambiguous(contacts: list[complex], correct: int, outer: complex) -> bool:
    """Whether another candidate is nearly a point of contact as well, or the outer point hides one."""
    for number, point in enumerate(contacts):
        away = outer - point
        if number != correct and abs(dot(away, point)) / (abs(away) * abs(point)) < LEAST_COS:
            return True
    return False


FAMILY = CircleTangentPoint()
