"""The part of a picture or a frame that holds a puzzle, brought to one size and made fit to be compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vtb.media.image import Image
from vtb.puzzles.visual.common.scene import SIDE

SHIFT = 4  # pixels that an answer may lie off
BLUR = 1.2  # at half the size


def area_of(image: Image, area: Sequence[float], size: Sequence[int]) -> Image:
    """The puzzle's area (left, top, side) of a picture of nominal size (width, height), at SIDE x SIDE."""
    height, width = image.shape[:2]
    x, y = width / size[0], height / size[1]
    left, top = min(round(area[0] * x), width - 1), min(round(area[1] * y), height - 1)
    right, bottom = max(left + 1, round((area[0] + area[2]) * x)), max(top + 1, round((area[1] + area[2]) * y))
    return fitted(image[top:bottom, left:right])


def fitted(image: Image) -> Image:
    """A picture of the puzzle's area at SIDE x SIDE."""
    import cv2

    if image.shape[:2] == (SIDE, SIDE):
        return image
    larger = min(image.shape[:2]) > SIDE
    found: Image = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA if larger else cv2.INTER_LINEAR)
    return found


def aligned(image: Image, fixed: Image) -> Image:
    """A picture moved by the few pixels after which it is most like a fixed one."""
    import cv2

    reach = SHIFT // 2
    padded = np.pad(image, ((reach, reach), (reach, reach), (0, 0)), mode="edge")
    height, width = image.shape[:2]
    best, least = image, float("inf")
    for y in range(2 * reach + 1):
        for x in range(2 * reach + 1):
            moved = padded[y : y + height, x : x + width]
            distance = cv2.norm(moved, fixed, cv2.NORM_L1)
            if distance < least:
                best, least = moved, distance
    return best


def smooth(image: Image) -> Image:
    """Half the size, and blurred so far that it does not matter how an outline falls on the pixels."""
    import cv2

    half = cv2.resize(image, (SIDE // 2, SIDE // 2), interpolation=cv2.INTER_AREA)
    blurred: Image = cv2.GaussianBlur(half, (0, 0), BLUR)
    return blurred
