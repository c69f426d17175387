"""Candidates and their place on the canvas.

Fair sampling makes the figure relative to its target, then five candidates that can be exchanged with each other, then
accepts only if the figure would fit with *any* of them as target, and at last draws the true one. Given everything that
is visible of the candidates, each is the answer with chance 1/5, exactly.

The sampling of the benchmark chooses the target first, near the middle, and spreads distractors around it; it is kept
for comparison, and its shortcuts with it.
"""

from __future__ import annotations

import cmath
import math
import random
from collections.abc import Iterable
from dataclasses import dataclass

from vtb.puzzles.eyeballing.common.figure import Figure, uniform, unit
from vtb.puzzles.eyeballing.common.record import Letter
from vtb.rng import below

COUNT = 5
LETTERS: tuple[Letter, ...] = ("A", "B", "C", "D", "E")


@dataclass(frozen=True)
class Frame:
    """The canvas and the sizes of what is drawn on it, in pixels.

    Attributes:
        width: of the canvas.
        height: of the canvas.
        margin: free border.
        radius: of a candidate's disc.
        spread: how far distractors lie from the target, as a factor of the benchmark's distances.
    """

    width: int
    height: int
    margin: int
    radius: int
    spread: float

    @property
    def short(self) -> int:
        """The short side: lengths of figures are shares of it."""
        return min(self.width, self.height)

    @property
    def separation(self) -> float:
        """The least distance of two candidates, which is also the margin by which a wrong one is wrong."""
        return 2.8 * self.radius * self.spread


@dataclass(frozen=True)
class Placed:
    """A figure on the canvas with its candidates in the order of their letters, and how many draws it took."""

    figure: Figure
    candidates: tuple[complex, ...]
    correct: int
    draws: int = 1


Box = tuple[float, float, float, float]  # left, top, right, bottom


def box_of(points: Iterable[complex], around: float = 0.0) -> Box:
    """The box of some points, and so many pixels around each."""
    xs, ys = zip(*((point.real, point.imag) for point in points), strict=True)
    return min(xs) - around, min(ys) - around, max(xs) + around, max(ys) + around


def random_shift(rng: random.Random, frame: Frame, box: Box) -> complex | None:
    """By how much to move a box to a random place inside the margins, every place alike; None where it is too large."""
    left, top, right, bottom = box
    free_x, free_y = frame.width - 2 * frame.margin - (right - left), frame.height - 2 * frame.margin - (bottom - top)
    if free_x < 0 or free_y < 0:
        return None
    return complex(frame.margin - left + free_x * rng.random(), frame.margin - top + free_y * rng.random())


def cluster(rng: random.Random, frame: Frame) -> list[complex]:
    """Five points, drawn alike and independently in a disc, none nearer to another than the separation."""
    reach = 2.0 * frame.separation
    points: list[complex] = []
    while len(points) < COUNT:
        point = reach * math.sqrt(rng.random()) * unit(rng)
        if all(abs(point - other) >= frame.separation for other in points):
            points.append(point)
        elif rng.random() < 0.02:  # a start from which the disc cannot be filled
            points.clear()
    return points


def row(rng: random.Random, frame: Frame, figure: Figure) -> list[complex]:
    """Five points in a row across the line of the figure, equally spaced, in the order of their letters."""
    assert figure.direction is not None
    along = figure.direction / abs(figure.direction) * 1j * cmath.rect(1, uniform(rng, -figure.jitter, figure.jitter))
    if (along.real, along.imag) < (0, 0):  # letters run from left to right
        along = -along
    step = 1.3 * frame.separation * along
    return [step * (number - (COUNT - 1) / 2) for number in range(COUNT)]


def place_fairly(rng: random.Random, frame: Frame, figure: Figure) -> Placed | None:
    """The figure and its candidates at a random place, or None where they do not fit with every candidate as target."""
    offsets = row(rng, frame, figure) if figure.direction is not None else cluster(rng, frame)
    if any(_covers(frame, figure, offsets, target) for target in offsets):
        return None
    shift = random_shift(rng, frame, _everything(frame, figure, offsets))
    if shift is None:
        return None
    candidates = tuple(shift + offset for offset in offsets)
    correct = below(rng, COUNT)
    return Placed(figure.moved(candidates[correct]), candidates, correct)


def _covers(frame: Frame, figure: Figure, offsets: list[complex], target: complex) -> bool:
    """Whether a candidate would hide a marker, with this one as target."""
    least = frame.radius + 10
    return any(abs(offset - target - point) < least for offset in offsets for point in figure.keep_clear)


def _everything(frame: Frame, figure: Figure, offsets: list[complex]) -> Box:
    """The box of all candidates, and of the figure at every one of them."""
    (left, top, right, bottom), r = figure.extent(), frame.radius + 2
    first_x, first_y, last_x, last_y = box_of(offsets)
    return first_x + min(left, -r), first_y + min(top, -r), last_x + max(right, r), last_y + max(bottom, r)


def place_as_benchmark(rng: random.Random, frame: Frame, figure: Figure, spread: float = 0.36) -> Placed | None:
    """The target near the middle, distractors around it, as the benchmark does."""
    inner = complex(frame.width - 2 * frame.margin, frame.height - 2 * frame.margin)
    off = complex(inner.real * uniform(rng, -0.5, 0.5), inner.imag * uniform(rng, -0.5, 0.5)) * spread
    target = complex(frame.width / 2, frame.height / 2) + off
    correct = below(rng, COUNT)
    if figure.direction is not None:
        offsets = row(rng, frame, figure)
        candidates = [target + offset - offsets[correct] for offset in offsets]
    else:
        others = _around(rng, frame, target)
        if others is None:
            return None
        candidates = [*others[:correct], target, *others[correct:]]
    placed = Placed(figure.moved(target), tuple(candidates), correct)
    return placed if _inside(frame, placed) else None


def _around(rng: random.Random, frame: Frame, target: complex) -> list[complex] | None:
    """Four distractors; with chance 0.8 the later ones lie around the first, so the truth is not always central."""
    spread, base, points = 2 * max(18.0, 0.9 * frame.radius), target, [target]
    for _ in range(600):
        point = base + uniform(rng, 0.8, 1.8) * spread * unit(rng)
        if all(abs(point - other) >= 2.4 * frame.radius for other in points) and _on_canvas(frame, point):
            points.append(point)
            if len(points) == 2 and rng.random() < 0.8:
                base = point
            if len(points) == COUNT:
                return points[1:]
    return None


def _on_canvas(frame: Frame, point: complex) -> bool:
    edge = frame.margin + frame.radius
    return edge <= point.real <= frame.width - edge and edge <= point.imag <= frame.height - edge


def _inside(frame: Frame, placed: Placed) -> bool:
    boxes = [stroke.extent() for stroke in placed.figure.given + placed.figure.answer]
    return all(_on_canvas(frame, candidate) for candidate in placed.candidates) and all(
        left >= 0 and top >= 0 and right <= frame.width and bottom <= frame.height for left, top, right, bottom in boxes
    )
