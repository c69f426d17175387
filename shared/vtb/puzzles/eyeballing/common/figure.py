"""Figures: what is drawn in a puzzle and in its solution, relative to the point that is asked for.

A figure is made with its target at the origin. Where it goes, and which candidate becomes the target, is decided
afterwards and independently, so nothing about the place of the candidates can tell the answer.
"""

from __future__ import annotations

import cmath
import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from vtb.puzzles.eyeballing.common.record import Color, Kind, StrokeRecord


@dataclass(frozen=True)
class Stroke:
    """One thing that is drawn.

    Attributes:
        kind: ``line`` through points, ``circle`` or ``disc`` (a filled marker) about the first point, ``arc`` of it.
        points: corner points, or the centre.
        radius: of a circle, arc or disc, in pixels.
        angles: start and sweep of an arc, in radians.
        color: name in ``vtb.puzzles.eyeballing.common.draw.COLORS``.
        width: line width as a factor of the configured one (of a band: in pixels); 0 for markers.
    """

    kind: Kind
    points: tuple[complex, ...]
    radius: float = 0.0
    angles: tuple[float, float] = (0.0, math.tau)
    color: Color = "black"
    width: float = 1.0

    def moved(self, by: complex) -> Stroke:
        """The stroke translated."""
        points = tuple(point + by for point in self.points)
        return Stroke(self.kind, points, self.radius, self.angles, self.color, self.width)

    def extent(self) -> tuple[float, float, float, float]:
        """Bounding box: left, top, right, bottom (that of the whole circle for an arc)."""
        xs, ys = [point.real for point in self.points], [point.imag for point in self.points]
        r = self.radius
        return min(xs) - r, min(ys) - r, max(xs) + r, max(ys) + r

    def record(self) -> StrokeRecord:
        """As a record holds it; hundredths of a pixel are kept."""
        start, sweep = self.angles
        return StrokeRecord(
            kind=self.kind,
            points=[(round(p.real, 2), round(p.imag, 2)) for p in self.points],
            radius=round(self.radius, 2) if self.kind != "line" else 0.0,
            angles=(round(start, 6), round(sweep, 6)) if self.kind == "arc" else None,
            color=self.color,
            width=self.width,
        )


def stroke_of(record: StrokeRecord) -> Stroke:
    """A stroke from a record."""
    points = tuple(complex(x, y) for x, y in record.points)
    return Stroke(record.kind, points, record.radius, record.angles or (0.0, math.tau), record.color, record.width)


@dataclass(frozen=True)
class Figure:
    """A figure with its target at the origin.

    Attributes:
        given: strokes of the puzzle.
        answer: strokes that the solution adds, in the order of drawing.
        direction: for tasks with a row of candidates: the direction of the line that the target lies on.
        jitter: largest turn of the row away from the perpendicular of ``direction``, in radians.
        keep_clear: points that no candidate may cover (markers).
    """

    given: tuple[Stroke, ...]
    answer: tuple[Stroke, ...] = ()
    direction: complex | None = None
    jitter: float = 0.0
    keep_clear: tuple[complex, ...] = field(default_factory=tuple)

    def moved(self, by: complex) -> Figure:
        """The figure translated."""
        given = tuple(stroke.moved(by) for stroke in self.given)
        answer = tuple(stroke.moved(by) for stroke in self.answer)
        return Figure(given, answer, self.direction, self.jitter, tuple(point + by for point in self.keep_clear))

    def extent(self) -> tuple[float, float, float, float]:
        """Bounding box of everything, the target included."""
        boxes = [stroke.extent() for stroke in (*self.given, *self.answer)] + [(0.0, 0.0, 0.0, 0.0)]
        lefts, tops, rights, bottoms = zip(*boxes, strict=True)
        return min(lefts), min(tops), max(rights), max(bottoms)


def line(*points: complex, color: Color = "black", width: float = 1.0) -> Stroke:
    """A line through points."""
    return Stroke("line", points, color=color, width=width)


def polygon(*points: complex) -> Stroke:
    """A closed line."""
    return line(*points, points[0])


def circle(centre: complex, radius: float, *, width: float = 0.6, color: Color = "black") -> Stroke:
    """A circle line."""
    return Stroke("circle", (centre,), radius, color=color, width=width)


def arc(centre: complex, radius: float, start: float, sweep: float, *, color: Color = "black") -> Stroke:
    """A part of a circle line."""
    return Stroke("arc", (centre,), radius, (start, sweep), color)


def disc(centre: complex, radius: float) -> Stroke:
    """A marker: filled nearly white, with a dark outline."""
    return Stroke("disc", (centre,), radius, color="marker", width=0)


def uniform(rng: random.Random, low: float, high: float) -> float:
    """A number from low to high."""
    return low + (high - low) * rng.random()


def unit(rng: random.Random) -> complex:
    """A random direction."""
    return cmath.rect(1, math.tau * rng.random())


def sign(rng: random.Random) -> int:
    """1 or -1."""
    return 1 if rng.getrandbits(1) else -1


def cross(a: complex, b: complex) -> float:
    """The z component of the cross product: twice the area of the triangle 0, a, b, with its sign."""
    return a.real * b.imag - a.imag * b.real


def dot(a: complex, b: complex) -> float:
    """The scalar product."""
    return a.real * b.real + a.imag * b.imag


def angle_at(vertex: complex, a: complex, b: complex) -> float:
    """The angle between the directions to a and b, 0 to pi."""
    u, v = a - vertex, b - vertex
    return math.atan2(abs(cross(u, v)), dot(u, v))


def gaps(rng: random.Random, count: int, least: float, most: float) -> list[float] | None:
    """Angles that sum to a full turn, each within bounds; None when this draw has none."""
    cuts = sorted(rng.random() for _ in range(count - 1))
    edges = [0.0, *cuts, 1.0]
    found = [math.tau * (b - a) for a, b in itertools.pairwise(edges)]
    return found if least <= min(found) and max(found) <= most else None


def sides(points: Sequence[complex]) -> list[float]:
    """Lengths of the sides of a polygon."""
    return [abs(b - a) for a, b in zip(points, [*points[1:], points[0]], strict=True)]
