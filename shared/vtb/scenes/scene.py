"""A room with things in it and a camera that moves through it.

Lengths are whole millimetres, angles whole hundredths of a degree. x and y lie on the floor, from a corner of the room,
and z points up; headings turn from x to y, which is to the left.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cached_property

from msgspec import Struct

from vtb.media.image import Color

Point = tuple[int, int, int]
Spot = tuple[int, int]  # on the floor
TURN = 36_000  # a whole turn


class Box(Struct, frozen=True):
    """A box along the axes, from its lowest to its highest corner."""

    low: Point
    high: Point
    tone: int = 0  # which of its thing's two tones it has


class Thing(Struct, frozen=True, dict=True):
    """A piece of furniture: boxes that touch and do not overlap."""

    name: str
    color: Color
    boxes: tuple[Box, ...]

    @cached_property
    def bounds(self) -> Box:
        """The smallest box around it."""
        lows, highs = (
            zip(*(box.low for box in self.boxes), strict=True),
            zip(*(b.high for b in self.boxes), strict=True),
        )
        (x0, y0, z0), (x1, y1, z1) = map(min, lows), map(max, highs)
        return Box((x0, y0, z0), (x1, y1, z1))

    @cached_property
    def centre(self) -> Spot:
        """The middle of its bounds on the floor."""
        low, high = self.bounds.low, self.bounds.high
        return (low[0] + high[0]) // 2, (low[1] + high[1]) // 2

    @property
    def longest_side(self) -> int:
        """Of its bounds."""
        return max(high - low for low, high in zip(self.bounds.low, self.bounds.high, strict=True))


class Pose(Struct, frozen=True):
    """Where the camera is in one frame, and where it looks; a negative pitch looks down."""

    place: Point
    heading: int
    pitch: int


class Scene(Struct, frozen=True):
    """A room from (0, 0, 0) to its size, what stands in it, and the camera's pose in every frame of the clip."""

    size: Point
    things: tuple[Thing, ...]
    path: tuple[Pose, ...]

    def named(self, name: str) -> list[int]:
        """The numbers of the things of a name."""
        return [number for number, thing in enumerate(self.things) if thing.name == name]

    @property
    def single(self) -> list[int]:
        """The numbers of the things that no other one shares its name with: a question can name them."""
        return [number for number, thing in enumerate(self.things) if len(self.named(thing.name)) == 1]


def distance(one: Thing, other: Thing) -> float:
    """Millimetres between the closest points of two things; 0 where they touch."""
    return math.sqrt(min(_squared(a, b) for a in one.boxes for b in other.boxes))


def _squared(one: Box, other: Box) -> int:
    sides = zip(one.low, one.high, other.low, other.high, strict=True)
    return sum(max(0, low - other_high, other_low - high) ** 2 for low, high, other_low, other_high in sides)


def crosses(start: Spot, end: Spot, low: Iterable[int], high: Iterable[int], margin: int) -> bool:
    """Whether the way between two spots touches a rectangle that is larger than told by a margin on each side.

    In whole numbers: by the separating axes x, y and the one across the way.
    """
    (left, bottom, *_), (right, top, *_) = low, high
    left, bottom, right, top = left - margin, bottom - margin, right + margin, top + margin
    if max(start[0], end[0]) < left or min(start[0], end[0]) > right:
        return False
    if max(start[1], end[1]) < bottom or min(start[1], end[1]) > top:
        return False
    dx, dy = end[0] - start[0], end[1] - start[1]
    sides = [dx * (y - start[1]) - dy * (x - start[0]) for x in (left, right) for y in (bottom, top)]
    return min(sides) <= 0 <= max(sides)
