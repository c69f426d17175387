"""Judging a picture in which the missing part of a pattern was filled in: our own rule, called ``auto``.

The benchmark had people say what is right and gives only a figure, Diff: how far the puzzle's area is from the
solution's. We report Diff, and count an answer as right when both hold:

- the missing part looks more like the right value than like any other (colors: the nearest in RGB, over 85 %
  of the part; shapes: the largest overlap, at least 70 %, wherever it lies within a few pixels);
- the rest of the puzzle is as it was: at most 15 pixels in 10,000 have a color that the puzzle has nowhere near.

Both look at a smoothed picture and allow a shift of up to four pixels, so noise and compression decide nothing.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtb.media.image import Color, Image
from vtb.puzzles.visual.common.crop import SHIFT, aligned, smooth
from vtb.puzzles.visual.common.scene import SIDE
from vtb.tasks.score import Score

Mask = NDArray[np.uint8]  # 1 or 0 a pixel, SIDE x SIDE
FAR = 60.0  # RGB distance from which a color is none of the palette's
LIKE_COLOR, LIKE_SHAPE = 0.85, 0.7  # share of a colored part, overlap of a shape, that are enough
CHANGED, SLACK = 0.0015, 35  # share of pixels that may differ by more levels in a channel
DIFF_WHITE = 245  # greys above are white for the benchmark's Diff
BLANK = 224  # where no channel is below, nothing is drawn: between the missing part (238) and the palest fill (211)
DIM = 180  # a darker white is none any more
MARGIN = 6
OFF = 1  # pixels by which a shape's edge lies farther in when its outline lies within it, and out when it is blurred


@dataclass(frozen=True)
class Expected:
    """What an answer is compared with.

    Attributes:
        puzzle: the puzzle's area.
        solution: the same with the right answer.
        part: the pixels that an answer may change.
        right: the right value.
        colors: for questions about color: every value's color.
        shapes: for questions about shape and size: the pixels of every value's shape.
        side: pixels a side with which the puzzle was shown; with fewer than SIDE, outlines are less sure.
    """

    puzzle: Image
    solution: Image
    part: Mask
    right: str
    colors: Mapping[str, Color]
    shapes: Mapping[str, Mask]
    side: int = SIDE

    @functools.cached_property
    def white(self) -> NDArray[np.bool_]:
        """Which pixels of the solution are white, for the benchmark's Diff of shapes."""
        import cv2

        return np.asarray(cv2.cvtColor(self.solution, cv2.COLOR_RGB2GRAY) > DIFF_WHITE)


def diff(area: Image, expected: Expected) -> float:
    """The benchmark's Diff: summed RGB distance for colors, pixels that differ in black and white for shapes."""
    import cv2

    if expected.shapes:
        return float(np.count_nonzero((cv2.cvtColor(area, cv2.COLOR_RGB2GRAY) > DIFF_WHITE) != expected.white))
    squares = np.zeros(area.shape[:2], np.float32)
    for channel in cv2.split(cv2.absdiff(area, expected.solution)):
        cv2.accumulateSquare(channel, squares)
    return round(float(cv2.sumElems(cv2.sqrt(squares))[0]), 1)


def judge(area: Image, expected: Expected) -> Score:
    """Judge a puzzle's area with an answer in it."""
    distance = diff(area, expected)
    area = _white_again(area, expected)
    found, share = (_nearest_shape if expected.shapes else _nearest_color)(area, expected)
    enough = share >= (LIKE_SHAPE if expected.shapes else LIKE_COLOR)
    changed = _changed(area, expected)
    filled, kept = found == expected.right and enough, changed <= CHANGED
    details: dict[str, Any] = {
        "auto": filled and kept,
        "diff": distance,
        "part": found,
        "part_share": round(share, 4),
        "changed": round(changed, 5),
    }
    return Score(filled and kept, filled and kept, _reason(found, expected.right, enough, kept), details, found)


def grown(masks: Iterable[Mask]) -> Mask:
    """Every pixel of any mask, and a few around."""
    import cv2

    every = np.bitwise_or.reduce([*masks])
    wider: Mask = cv2.dilate(every, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * MARGIN + 1, 2 * MARGIN + 1)))
    return wider


def _reason(found: str | None, right: str, enough: bool, kept: bool) -> str:
    """The first broken rule."""
    if found is None or (found == right and not enough):
        return "the missing part is not filled in"
    if found != right:
        return "the missing part is wrong"
    return "solved" if kept else "the rest has changed"


def _nearest_color(area: Image, expected: Expected) -> tuple[str | None, float]:
    """The value whose color most pixels of the part are nearest to, and the share of these."""
    pixels = smooth(area)[_inner(expected.part)].astype(np.float32)
    named = np.array(list(expected.colors.values()), np.float32)
    distances = np.linalg.norm(pixels[:, None] - named, axis=2)
    nearest = distances.argmin(axis=1)
    counts = np.bincount(nearest[distances.min(axis=1) <= FAR], minlength=len(named))
    best = int(counts.argmax())
    found = list(expected.colors)[best]
    return (found if counts[best] and found else None), float(counts[best] / len(pixels))


def _nearest_shape(area: Image, expected: Expected) -> tuple[str | None, float]:
    """The value whose shape overlaps best with what is drawn in the part, and the overlap (shared of all pixels)."""
    import cv2

    ys, xs = np.nonzero(expected.part)
    box = slice(ys.min(), ys.max() + 1), slice(xs.min(), xs.max() + 1)
    pixels = cv2.medianBlur(np.ascontiguousarray(area[box]), 5)
    drawn = (is_drawn(pixels) & (expected.part[box] > 0)).astype(np.float32)
    if not drawn.any():
        return None, 0.0
    padded = cv2.copyMakeBorder(drawn, SHIFT, SHIFT, SHIFT, SHIFT, cv2.BORDER_CONSTANT, value=0)
    overlaps = {}
    for name, mask in expected.shapes.items():
        overlaps[name] = max(_overlap(padded, shape) for shape in _a_little_off(mask[box]))
    found = max(overlaps, key=lambda name: overlaps[name])
    return found, overlaps[found]


def _a_little_off(shape: Mask) -> Iterable[Mask]:
    """A shape as it is, with its outline within its edge, and blurred; a small hexagon is no large pentagon then."""
    import cv2

    around = np.ones((2 * OFF + 1, 2 * OFF + 1), np.uint8)
    yield from (shape, cv2.erode(shape, around), cv2.dilate(shape, around))


def _overlap(padded: NDArray[np.float32], shape: Mask) -> float:
    """Common pixels over all, at the best place within SHIFT pixels."""
    import cv2

    common = float(cv2.matchTemplate(padded, shape.astype(np.float32), cv2.TM_CCORR).max())
    return common / max(1.0, float(padded.sum() + shape.sum() - common))


def is_drawn(image: Image) -> NDArray[np.bool_]:
    """Where something is drawn: the darkest channel tells, as pale colors are hardly darker than white in grey."""
    return np.asarray((image <= BLANK).any(axis=2))


def _white_again(area: Image, expected: Expected) -> Image:
    """The answer as bright, by channel, that the white of the puzzle is white in it; models often darken or tint it."""
    import cv2

    white = (expected.puzzle[::4, ::4] == 255).all(axis=2)
    if not white.any():
        return area
    shown = np.median(area[::4, ::4][white], axis=0)
    if shown.min() < DIM or shown.min() == 255:
        return area
    table = np.minimum(255, np.arange(256)[:, None] * 255 / shown).round().astype(np.uint8)
    brightened: Image = cv2.LUT(area, table[:, None, :])
    return brightened


def _changed(area: Image, expected: Expected) -> float:
    """The share of pixels outside the part whose color is not within what the puzzle has around that place."""
    import cv2

    before = smooth(expected.puzzle)
    now = aligned(smooth(area), before)
    reach = max(1, math.ceil(SIDE / expected.side / 2))  # a pixel as shown, at half the size
    window = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    low = cv2.subtract(cv2.erode(before, window), (SLACK,) * 4)
    high = cv2.add(cv2.dilate(before, window), (SLACK,) * 4)
    outside = (now < low) | (now > high)
    around = cv2.dilate(expected.part[::2, ::2], np.ones((7, 7), np.uint8)) == 0
    return float(np.count_nonzero(outside.any(axis=2) & around) / around.size)


def _inner(part: Mask) -> NDArray[np.bool_]:
    """The part at half the size without its rim, unless it is nothing but rim."""
    import cv2

    half = np.ascontiguousarray(part[::2, ::2])
    inner = cv2.erode(half, np.ones((7, 7), np.uint8))
    return (inner if inner.any() else half) > 0
