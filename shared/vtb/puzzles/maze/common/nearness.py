"""How near a drawn path comes to the right one, for rewards: an evaluation knows right and wrong alone.

It is the share of the right path that is red from one of its ends on without a gap, times how much more of the red lies
on the path than beside it. So red all over, red beside the path, and the marks of the ends alone are worth nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from vtb.media.image import Image
from vtb.puzzles.maze.common.path_judge import Rule, red_mask

MIDDLE = 1 / 4  # of a cell's width, around its middle: a red pixel there is enough
BROAD = 1 / 2  # of a cell's width: a line of this width along the path holds what is on the path
MARK = 5  # pixels around what is red in the puzzle that tell nothing

Points = Sequence[tuple[float, float]]


def share_walked(answer: Image, puzzle: Image, way: Points, along: Points, cell: float, rule: Rule) -> float:
    """From 0 to 1.

    Args:
        answer: the picture, of the puzzle's size.
        puzzle: the picture without an answer.
        way: middles (x, y) of the cells of the right path.
        along: the points of the line through them.
        cell: width of a cell.
        rule: what is red.
    """
    import cv2

    known = cv2.dilate(red_mask(puzzle, rule.red_lead), np.ones((MARK, MARK), np.uint8)) > 0
    red = (red_mask(answer, rule.red_lead) > 0) & ~known
    everything = np.count_nonzero(red)
    if not everything:
        return 0.0
    corridor = np.zeros(red.shape, np.uint8)
    line = np.asarray(along, np.float64).round().astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(corridor, [line], False, 1, max(1, round(BROAD * cell)))
    on_path = np.count_nonzero(red & (corridor > 0)) / everything
    reach = max(1, round(MIDDLE * cell))
    told = [bool(_window(red, point, reach).any()) for point in way if not _window(known, point, 0).any()]
    if not told:  # the marks cover the path
        return 0.0
    walked = max(sum(itertools.takewhile(bool, cells)) for cells in (told, told[::-1]))
    return max(0.0, 2 * on_path - 1) * walked / len(told)


def _window(mask: np.ndarray, point: tuple[float, float], reach: int) -> np.ndarray:
    x, y = round(point[0]), round(point[1])
    window: np.ndarray = mask[max(0, y - reach) : max(0, y + reach + 1), max(0, x - reach) : max(0, x + reach + 1)]
    return window
