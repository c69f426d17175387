"""Drawing eyeballing puzzles as palette pictures, at any scale."""

from __future__ import annotations

import cmath
import functools
import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vtb.media.image import Letterbox, Picture
from vtb.puzzles.eyeballing.common.figure import Stroke, stroke_of
from vtb.puzzles.eyeballing.common.record import EyeballingRecord

COLORS: dict[str, tuple[int, int, int]] = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "outline": (32, 32, 32),
    "right": (198, 24, 24),
    "pale": (255, 220, 220),
    "marker": (250, 250, 250),
    "grey": (180, 180, 180),
    "band": (228, 228, 228),
    "blue": (0, 0, 160),
    "green": (30, 150, 60),
}
PALETTE = tuple(COLORS.values())
INDEX = {name: number for number, name in enumerate(COLORS)}
FULL = Letterbox(1.0, 0, 0)
BENCHMARK_RADIUS = 10
GAP = 0.8  # pixels between the ink of a letter and its outline
LEAST_HEIGHT = 9.5  # lower letters are drawn pixel by pixel, since the strokes of a font run together
SMALL = {
    "A": ("..X..", ".X.X.", ".X.X.", "X...X", "XXXXX", "X...X", "X...X"),
    "B": ("XXXX.", "X...X", "X...X", "XXXX.", "X...X", "X...X", "XXXX."),
    "C": (".XXX.", "X...X", "X....", "X....", "X....", "X...X", ".XXX."),
    "D": ("XXXX.", "X...X", "X...X", "X...X", "X...X", "X...X", "XXXX."),
    "E": ("XXXXX", "X....", "X....", "XXXX.", "X....", "X....", "XXXXX"),
}
_SUBPIXEL = 4  # bits after the point of a coordinate in OpenCV's drawing functions


class Pen:
    """Draws the parts of one record onto one picture, scaled and shifted."""

    def __init__(self, picture: Picture, box: Letterbox, line_width: int, radius: int) -> None:
        """Sizes are those of the record; the box says how they lie in the picture."""
        self.picture, self.box = picture, box
        self.line_width, self.radius = line_width, radius

    def stroke(self, stroke: Stroke, share: float = 1.0) -> None:
        """Draw the first part of a stroke, by length; markers come whole."""
        import cv2

        if stroke.kind == "disc":
            centre, radius = self._fixed(stroke.points[0]), round(stroke.radius * self.box.scale * (1 << _SUBPIXEL))
            cv2.circle(self.picture, centre, radius, INDEX["marker"], -1, shift=_SUBPIXEL)
            cv2.circle(self.picture, centre, radius, INDEX["outline"], self._width(0.4), shift=_SUBPIXEL)
            return
        width = max(1, round(stroke.width * self.box.scale)) if stroke.color == "band" else self._width(stroke.width)
        points = np.array([self._fixed(point) for point in path_of(stroke, share)], np.int32).reshape(-1, 1, 2)
        cv2.polylines(self.picture, [points], False, INDEX[stroke.color], width, shift=_SUBPIXEL)

    def candidate(self, point: complex, letter: str, *, right: bool = False) -> None:
        """A candidate's disc with its letter; the right one is marked in red."""
        import cv2

        middle, width = ring_of(self.radius, self.box.scale, right=right)
        centre, radius = self._fixed(point), round(middle * (1 << _SUBPIXEL))
        fill, outline = ("pale", "right") if right else ("white", "outline")
        cv2.circle(self.picture, centre, radius, INDEX[fill], -1, shift=_SUBPIXEL)
        cv2.circle(self.picture, centre, radius, INDEX[outline], width, shift=_SUBPIXEL)
        if (self.radius, self.box.scale) != (BENCHMARK_RADIUS, 1):
            self.text(letter, point, fill, 1.1 * self.radius, halo=True)
        self.text(letter, point, "black", 1.1 * self.radius)

    def ring(self, point: complex, color: str) -> None:
        """A ring around a letter."""
        import cv2

        radius = round(1.3 * self.radius * self.box.scale * (1 << _SUBPIXEL))
        width = max(1, round(3 * self.box.scale))
        cv2.circle(self.picture, self._fixed(point), radius, INDEX[color], width, shift=_SUBPIXEL)

    def text(self, text: str, point: complex, color: str, height: float, *, halo: bool = False) -> None:
        """A short text centred on a point, of a height in pixels; as a halo it covers a pixel around it as well."""
        ink = letters(text, height * self.box.scale)
        if halo:
            ink = _grown(ink)
        x, y = (value / (1 << _SUBPIXEL) for value in self._fixed(point))
        left, top = round(x - ink.shape[1] / 2), round(y - ink.shape[0] / 2)
        area = self.picture[max(0, top) : top + ink.shape[0], max(0, left) : left + ink.shape[1]]
        within = ink[max(0, -top) :, max(0, -left) :][: area.shape[0], : area.shape[1]]
        area[within] = INDEX[color]

    def _fixed(self, point: complex) -> tuple[int, int]:
        x, y = point.real * self.box.scale + self.box.left, point.imag * self.box.scale + self.box.top
        return round(x * (1 << _SUBPIXEL)), round(y * (1 << _SUBPIXEL))

    def _width(self, factor: float) -> int:
        return max(1, round(factor * self.line_width * self.box.scale))


def ring_of(radius: int, scale: float, *, right: bool) -> tuple[float, int]:
    """The middle and the width of a candidate's outline, in pixels of the picture.

    Of the benchmark's size and larger it is the benchmark's: on the radius, four pixels wide. A smaller one is as wide
    as its letter leaves room for, and lies farther out. The red one has two pixels at least, more to the outside where
    there is no room: H.264 takes the color out of a thinner one.
    """
    if radius >= BENCHMARK_RADIUS and scale >= 1:
        return radius * scale, max(1, round(4 * scale))
    wide = radius * scale
    outer = max(wide + 2 * scale, min(wide + 2, 1.33 * wide))
    inner = _letter_reach(1.1 * wide) + GAP
    width = max(1, min(round(4 * scale), int(outer - inner)))
    return (max(outer - width, inner) + 1, 2) if right and width < 2 else (outer - width / 2, width)


def _grown(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Ink and the pixels that touch it."""
    import cv2

    return np.asarray(cv2.dilate(ink.view(np.uint8), np.ones((3, 3), np.uint8))).view(np.bool_)


@functools.lru_cache(maxsize=256)
def _letter_reach(height: float) -> float:
    """How far the ink of any candidate's letter lies from its middle."""
    sides = [(ink.any(axis=1).sum(), ink.any(axis=0).sum()) for ink in (letters(name, height) for name in "ABCDE")]
    return max(math.hypot(*side) for side in sides) / 2


@functools.lru_cache(maxsize=256)
def letters(text: str, height: float) -> NDArray[np.bool_]:
    """The pixels of a text whose letters are so many pixels high, in the middle of an array with a rim.

    Newer versions of OpenCV smooth letters whatever they are told, and shades are no palette indices.
    """
    import cv2

    if height < LEAST_HEIGHT and text in SMALL:
        return np.pad(np.array([[pixel == "X" for pixel in row] for row in SMALL[text]]), 1)
    font, thick = cv2.FONT_HERSHEY_SIMPLEX, max(1, round(height / 12))
    (_, high), _ = cv2.getTextSize(text, font, 1.0, thick)
    size = height / high
    (wide, high), _ = cv2.getTextSize(text, font, size, thick)
    rim = thick + 1
    ink = np.zeros((high + 2 * rim, wide + 2 * rim), np.uint8)
    cv2.putText(ink, text, (rim, high + rim), font, size, 255, thick)
    return np.asarray(ink > 127)


def path_of(stroke: Stroke, share: float = 1.0) -> list[complex]:
    """The first part of a stroke as points; circles and arcs are cut finely enough to look round."""
    if stroke.kind == "line":
        return _first_part(stroke.points, share)
    start, sweep = stroke.angles
    count = max(8, round(abs(sweep) * share * stroke.radius / 3))
    return [stroke.points[0] + cmath.rect(stroke.radius, start + sweep * share * n / count) for n in range(count + 1)]


def _first_part(points: Sequence[complex], share: float) -> list[complex]:
    if share >= 1:
        return list(points)
    left = share * sum(abs(b - a) for a, b in itertools.pairwise(points))
    done = [points[0]]
    for a, b in itertools.pairwise(points):
        length = abs(b - a)
        if length >= left:
            return [*done, a + (b - a) * (left / length if length else 0)]
        done.append(b)
        left -= length
    return done


def length_of(stroke: Stroke) -> float:
    """How long a pen draws on a stroke, in pixels."""
    if stroke.kind in ("circle", "arc"):
        return abs(stroke.angles[1]) * stroke.radius
    return sum(abs(b - a) for a, b in zip(stroke.points, stroke.points[1:], strict=False))


def given(record: EyeballingRecord) -> list[Stroke]:
    """What a puzzle shows."""
    return [stroke_of(entry) for entry in record.given]


def added(record: EyeballingRecord) -> list[Stroke]:
    """What its solution adds."""
    return [stroke_of(entry) for entry in record.solution_strokes]


def blank(width: int, height: int) -> Picture:
    """A white picture."""
    return np.full((height, width), INDEX["white"], np.uint8)


def pen_for(record: EyeballingRecord, picture: Picture, box: Letterbox = FULL) -> Pen:
    """The pen of a record."""
    return Pen(picture, box, record.line_width, record.point_radius)
