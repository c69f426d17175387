"""Judging eyeballing answers: a red mark in a picture (VideoThinkBench, scoring)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from vtb.media.image import Image
from vtb.tasks.score import Score

RED_MIN, RED_LEAD, OTHER_MAX, ENOUGH = 140, 40, 130, 20
AROUND = 2  # times the radius of a candidate: what is red there is on it
MOST = 0.5  # of what is red must be on the right candidate, for a reward
FLOOD = 0.2  # of a picture: so much red is no mark
EVERY = 5  # the major vote looks at every fifth frame


def red_mask(image: Image) -> NDArray[np.bool_]:
    """Where a pixel is red: R >= 140, at least 40 above G and B, and these at most 130."""
    import cv2

    red, green, blue = cv2.split(image)
    other = cv2.max(green, blue)
    return np.asarray((red >= RED_MIN) & (cv2.subtract(red, other) >= RED_LEAD) & (other <= OTHER_MAX))


def red_centre(image: Image, enough: float = ENOUGH) -> tuple[float, float] | None:
    """Mean place (x, y) of the red pixels, or None where there are fewer than so many."""
    import cv2

    mask = red_mask(image).view(np.uint8)
    count = cv2.countNonZero(mask)
    if count < max(1, enough):
        return None
    # By rows and columns, not by a list of places: all of a large picture may be red.
    columns, rows = (cv2.reduce(mask, axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel() for axis in (0, 1))
    return float(columns @ np.arange(len(columns))) / count, float(rows @ np.arange(len(rows))) / count


def marked_option(image: Image, canvas: Sequence[int], candidates: Sequence[tuple[float, float, str]]) -> str | None:
    """The letter of the candidate nearest to the mean red pixel, the candidates scaled to the picture.

    As the benchmark has it, a pixel counts at its left upper corner. Twenty red pixels are enough there at every size;
    here they are twenty of the canvas, so that a mark that scaling made small is still one.
    """
    height, width = image.shape[:2]
    x, y = width / canvas[0], height / canvas[1]
    centre = red_centre(image, ENOUGH * min(1, x * y))
    if centre is None:
        return None
    return min(candidates, key=lambda entry: math.hypot(entry[0] * x - centre[0], entry[1] * y - centre[1]))[2]


def share_on(image: Image, canvas: Sequence[int], point: tuple[float, float], radius: float) -> float:
    """How much of what is red lies on a candidate, for rewards: 0 where it is as much as of any place, 1 for all of it.

    It is 0 for a flood of red, too.

    Args:
        image: the picture, of any size.
        canvas: width and height in which the rest is given.
        point: the candidate, (x, y).
        radius: of a candidate.
    """
    height, width = image.shape[:2]
    x, y = width / canvas[0], height / canvas[1]
    rows, columns = np.ogrid[:height, :width]
    away = ((columns + 0.5) / x - point[0]) ** 2 + ((rows + 0.5) / y - point[1]) ** 2
    place, red = away <= (AROUND * radius) ** 2, red_mask(image)
    count, area = int(np.count_nonzero(red)), float(place.mean())
    if count < max(1, ENOUGH * min(1, x * y)) or count > FLOOD * red.size or area >= 1:
        return 0.0
    return max(0.0, (int(np.count_nonzero(red & place)) / count - area) / (1 - area))


def major_option(options: Iterable[str | None]) -> str | None:
    """The commonest letter of several frames or attempts; those without one do not count, a tie goes to the first."""
    return min(most_voted(options), default=None)


def most_voted(options: Iterable[str | None]) -> list[str]:
    """The letters that come most often, several where they tie."""
    counts = Counter(option for option in options if option is not None)
    return [option for option, count in counts.items() if count == max(counts.values())]


def verdict(option: str | None, correct: str) -> Score:
    """The score of a chosen option; there is one rule, so tolerant and strict agree."""
    right = option == correct
    reason = "solved" if right else "no option" if option is None else "wrong option"
    return Score(right, right, reason, choice=option)
