"""Arcs behind a band: one arc comes in from the left, five go out on the right, one of them continues it."""

from __future__ import annotations

import cmath
import math
import random
from dataclasses import dataclass

from vtb.puzzles.eyeballing.common.figure import Figure, Stroke, arc, line, sign, uniform
from vtb.puzzles.eyeballing.common.placement import COUNT, Frame, Placed, box_of, random_shift
from vtb.rng import below

SPAN = math.radians(20)


@dataclass(frozen=True)
class Shape:
    """How arcs are laid out, as shares of the canvas.

    Attributes:
        band: width of the band that hides the middle.
        least_gap: least vertical distance of two right arcs, in pixels.
        gap: range of that distance as a share of the height.
        beyond: how far right of an arc's end its candidate lies, in pixels.
    """

    band: float
    least_gap: float
    gap: tuple[float, float]
    beyond: float


def place_arcs(rng: random.Random, frame: Frame, shape: Shape) -> Placed | None:
    """A circle through the band, its copies shifted up and down; which copy is the true one is drawn last."""
    radius, band = uniform(rng, 0.38, 0.55) * frame.short, shape.band * frame.width
    top = sign(rng)  # the circle bulges up or down in the band
    middle = cmath.rect(radius, top * math.pi / 2 + uniform(rng, -0.35, 0.35))
    left, right = (_angle_at(middle.real + side * band / 2, radius, top) for side in (-1, 1))
    if left is None or right is None:
        return None
    turn = math.copysign(1, right - left)
    end = cmath.rect(radius, right + turn * SPAN)
    step = frame.spread * max(shape.least_gap, uniform(rng, *shape.gap) * frame.height)
    parts = {
        "left": arc(0, radius, left, -turn * SPAN),
        "right": arc(0, radius, right, turn * SPAN),
        "hidden": arc(0, radius, left, right - left),
    }
    return _put(rng, frame, shape, parts, _Layout(middle, band, end, step))


@dataclass(frozen=True)
class _Layout:
    """Where things lie relative to the true circle's centre."""

    middle: complex
    band: float
    end: complex
    step: float


def _angle_at(x: float, radius: float, top: int) -> float | None:
    """The angle of the circle's point at an x, on its upper or lower half."""
    if abs(x) > 0.95 * radius:
        return None
    return top * math.acos(x / radius)


def _put(rng: random.Random, frame: Frame, shape: Shape, parts: dict[str, Stroke], layout: _Layout) -> Placed | None:
    """Find a place where the left arc fits for every choice of the true one."""
    shifts = [layout.step * 1j * (number - (COUNT - 1) / 2) for number in range(COUNT)]
    ends = [_ends(parts[name]) for name in ("left", "right", "hidden")]
    points = [point + shift for pair in ends for point in pair for shift in shifts]
    points += [layout.end + shape.beyond + frame.radius * (1 + 1j) + shift for shift in shifts]
    centre = random_shift(rng, frame, box_of(points))
    if centre is None:
        return None
    correct = below(rng, COUNT)
    x = (centre + layout.middle).real
    band = line(complex(x, -0.2 * frame.height), complex(x, 1.2 * frame.height), color="band", width=layout.band)
    given = [band, parts["left"].moved(centre + shifts[correct])]
    given += [parts["right"].moved(centre + shift) for shift in shifts]
    hidden = parts["hidden"].moved(centre + shifts[correct])
    candidates = tuple(centre + layout.end + shape.beyond + shift for shift in shifts)
    return Placed(Figure(tuple(given), (hidden,)), candidates, correct)


def _ends(stroke: Stroke) -> list[complex]:
    """Points of an arc that bound it well enough: its ends and its middle."""
    start, sweep = stroke.angles
    return [cmath.rect(stroke.radius, start + sweep * share) for share in (0, 0.5, 1)]
