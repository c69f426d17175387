"""Points that answer by themselves: the outlier of a square, the right angle of a triangle.

In these two tasks the five points are the whole puzzle, so looking at them is the task. What must not help is the
canvas alone: the place of the answer among the five, ordered by distance from the middle, is drawn first, and a draw of
points is kept only if it agrees.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from vtb.puzzles.eyeballing.common.figure import Figure, Stroke, unit
from vtb.puzzles.eyeballing.common.placement import COUNT, Frame, Placed, box_of, random_shift
from vtb.rng import below

DRAWS, TURNS = 4000, 6


def put_points(rng: random.Random, frame: Frame, points: Sequence[complex], answer: Stroke) -> Placed | None:
    """Five points, the answer first, at a random place and in random order.

    Args:
        rng: the generator.
        frame: the canvas.
        points: the answer and the four others, about any origin.
        answer: the stroke of the solution, about the same origin.
    """
    shift = random_shift(rng, frame, box_of(points, frame.radius + 2))
    if shift is None:
        return None
    order = list(range(COUNT))
    for last in range(COUNT - 1, 0, -1):
        other = below(rng, last + 1)
        order[last], order[other] = order[other], order[last]
    candidates = tuple(points[number] + shift for number in order)
    return Placed(Figure((), (answer.moved(shift),)), candidates, order.index(0))


def matched(
    rng: random.Random, frame: Frame, draw_points: Callable[[], Sequence[complex] | None], answer: Callable[..., Stroke]
) -> Placed | None:
    """Points, and a place for them, in which the canvas says nothing about the answer.

    The answer's rank by distance from the middle is drawn first, evenly; and the answer is the point nearest to the
    edge exactly when it is the last by that rank. So "nearest to the middle", "nearest to the edge" and every other
    rank are right with chance 1/5.

    Args:
        rng: the generator.
        frame: the canvas.
        draw_points: gives the answer and the four others, or None where a draw meets no constraint.
        answer: the stroke of the solution from the points.
    """
    rank = below(rng, COUNT)
    for draws in range(1, DRAWS + 1):
        points = draw_points()
        for _ in range(TURNS if points else 0):
            turn = unit(rng)  # changes no length and no angle of the puzzle
            turned = [point * turn for point in points or ()]
            placed = put_points(rng, frame, turned, answer(turned))
            if placed is not None and _agrees(frame, placed, rank):
                return replace(placed, draws=draws)
    return None


def _agrees(frame: Frame, placed: Placed, rank: int) -> bool:
    middle = complex(frame.width / 2, frame.height / 2)
    from_middle = [abs(point - middle) for point in placed.candidates]
    if sum(value < from_middle[placed.correct] for value in from_middle) != rank:
        return False
    edges = [min(p.real, frame.width - p.real, p.imag, frame.height - p.imag) for p in placed.candidates]
    nearest = edges.index(min(edges)) == placed.correct
    return nearest == (rank == COUNT - 1)
