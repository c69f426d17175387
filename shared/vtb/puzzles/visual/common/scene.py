"""Flat shapes with smooth black outlines as palette pictures.

A pixel is ``fill * 8 + level``: which color lies there, and how much of an outline covers it. Every edge between two
colors runs under an outline, so the eight levels are all the smoothing there is to do. The benchmark draws at four
times the size and scales down; the same here takes 95 ms a picture, this 0.2. And a picture stays an array of palette
indices: a small PNG, and clips by table look-up.

Coordinates are those of a scene of 512 x 512; it is drawn at any size.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtb.media.image import Color, Palette, Picture, print_centred

Point = tuple[float, float]
SIDE = 512
CENTRE: Point = (SIDE / 2, SIDE / 2)
LEVELS, LEVEL_BITS = 8, 3
LINE = 3.0  # for OpenCV, whose smooth lines are nearly twice as wide
WHITE, MISSING = 0, 1  # the first fills of every palette; the missing part is light grey
_SUBPIXEL_BITS = 4

# The benchmark's six colors, and four more for those who want more puzzles.
COLORS: dict[str, Color] = {
    "blue": (0x6F, 0xA8, 0xDC), "green": (0x93, 0xC4, 0x7D), "yellow": (0xFF, 0xD9, 0x66), "red": (0xE0, 0x66, 0x66),
    "purple": (0x8E, 0x7C, 0xC3), "orange": (0xF6, 0xB2, 0x6B),
    "pink": (0xF7, 0xA8, 0xE0), "brown": (0x8F, 0x5E, 0x3B), "teal": (0x2A, 0x9D, 0x8F), "navy": (0x2F, 0x4B, 0x8F),
}  # fmt: skip
BASIC = tuple(COLORS)[:6]
SHAPES = {"triangle": 3, "square": 4, "pentagon": 5, "hexagon": 6}  # name and sides


@dataclass(frozen=True)
class Disc:
    """A filled circle; ``outlined`` is off for the grey disc that stands for a missing part of unknown shape."""

    centre: Point
    radius: float
    fill: int
    outlined: bool = True
    label: Point | None = None


@dataclass(frozen=True)
class Polygon:
    """A filled polygon; a part's number is printed at ``label``, or in the middle."""

    points: tuple[Point, ...]
    fill: int
    label: Point | None = None

    @property
    def centre(self) -> Point:
        """The mean of the corners."""
        return sum(x for x, _ in self.points) / len(self.points), sum(y for _, y in self.points) / len(self.points)


@dataclass(frozen=True)
class Line:
    """An outline without anything in it."""

    points: tuple[Point, ...]


Shape = Disc | Polygon


@dataclass(frozen=True)
class Glyph:
    """Text centred on a point, in a box of that many pixels."""

    text: str
    centre: Point
    box: float


def palette(fills: Iterable[Color]) -> Palette:
    """White, the grey of a missing part and these fills, each in eight steps to black."""
    every = [(255, 255, 255), (0xEE, 0xEE, 0xEE), *fills]
    steps = [1 - level / (LEVELS - 1) for level in range(LEVELS)]
    return tuple((round(r * step), round(g * step), round(b * step)) for r, g, b in every for step in steps)


PALETTE = palette(COLORS.values())
FILLS = {name: number for number, name in enumerate(COLORS, 2)}


def regular(sides: int, centre: Point, radius: float, *, turned: bool = False) -> tuple[Point, ...]:
    """The corners of a regular polygon standing on a side, or upside down."""
    start = math.pi / 2 + math.pi / sides + (math.pi if turned else 0)
    angles = [start + 2 * math.pi * k / sides for k in range(sides)]
    return tuple((centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in angles)


def turn(point: Point, degrees: float) -> Point:
    """A point turned about the middle of the scene."""
    angle, x, y = math.radians(degrees), point[0] - CENTRE[0], point[1] - CENTRE[1]
    c, s = math.cos(angle), math.sin(angle)
    return CENTRE[0] + c * x - s * y, CENTRE[1] + s * x + c * y


def label(shape: Shape) -> Point:
    """Where something is printed on a shape."""
    return shape.label or shape.centre


def silhouette(shape: Shape) -> NDArray[np.uint8]:
    """1 where a shape is, outline included."""
    return (paint([shape]) > 0).view(np.uint8)


def paint(shapes: Iterable[Shape | Line | Glyph], side: int = SIDE) -> Picture:
    """The shapes, later ones over earlier ones, in a picture of that many pixels a side."""
    sheet = _Sheet(side)
    for shape in shapes:
        if isinstance(shape, Glyph):
            sheet.glyph(shape)
        elif isinstance(shape, Disc):
            sheet.disc(shape)
        else:
            sheet.outline(shape)
    picture: Picture = np.bitwise_or(sheet.fills, np.right_shift(sheet.ink, np.uint8(8 - LEVEL_BITS)))
    return picture


class _Sheet:
    """Two layers: flat fills, and the outlines over all of them."""

    def __init__(self, side: int) -> None:
        self.fills, self.ink = np.zeros((side, side), np.uint8), np.zeros((side, side), np.uint8)
        self.scale = side / SIDE
        self.width = max(1, round(LINE * self.scale))

    def glyph(self, glyph: Glyph) -> None:
        x, y = (round(value * self.scale) for value in glyph.centre)
        print_centred(self.ink, glyph.text, (x, y), 255, round(glyph.box * self.scale), smooth=True)

    def disc(self, disc: Disc) -> None:
        import cv2

        (place,), radius = self._fixed([disc.centre]), disc.radius * self.scale
        cv2.circle(self.fills, place, _sixteenths(radius), disc.fill << LEVEL_BITS, -1, cv2.LINE_8, _SUBPIXEL_BITS)
        if disc.outlined:
            # A smooth ring as one disc less another costs a quarter of a thick smooth circle.
            half = self.width - 0.3  # what OpenCV makes of a straight line
            cv2.circle(self.ink, place, _sixteenths(radius + half), 255, -1, cv2.LINE_AA, _SUBPIXEL_BITS)
            cv2.circle(self.ink, place, _sixteenths(max(0, radius - half)), 0, -1, cv2.LINE_AA, _SUBPIXEL_BITS)

    def outline(self, shape: Polygon | Line) -> None:
        import cv2

        corners, closed = [np.array(self._fixed(shape.points), np.int32)], isinstance(shape, Polygon)
        if isinstance(shape, Polygon):
            cv2.fillPoly(self.fills, corners, shape.fill << LEVEL_BITS, cv2.LINE_8, _SUBPIXEL_BITS)
        cv2.polylines(self.ink, corners, closed, 255, self.width, cv2.LINE_AA, _SUBPIXEL_BITS)

    def _fixed(self, points: Iterable[Point]) -> list[tuple[int, int]]:
        """Pixel coordinates in sixteenths; a pixel's centre has whole ones."""
        return [(_sixteenths(x * self.scale - 0.5), _sixteenths(y * self.scale - 0.5)) for x, y in points]


def _sixteenths(pixels: float) -> int:
    """A length as OpenCV's drawing functions take it."""
    return round(pixels * (1 << _SUBPIXEL_BITS))
