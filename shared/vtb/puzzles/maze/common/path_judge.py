"""Judging a red path drawn from a start to a goal between black walls (VideoThinkBench, mazes).

Strict is the benchmark's rule: red reaches the start and the goal, start and goal are joined by red pixels, and no red
pixel lies on a wall of the puzzle. Tolerant forgives red on walls in and a little around the two end cells, where a
marker or a round line end may spill. Filling all passages with red keeps both rules, as in the benchmark; such a
verdict says so (``flooded``). The shapes of mazes differ in two numbers (``Rule``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtb.media.image import Image, resize_nearest
from vtb.puzzles.family import Score

Mask = NDArray[np.uint8]
RED_MIN, WALL_MAX = 150, 40
REACH_PX = 4
FLOOD = 0.6  # share of the passages; a line along all of them covers less


@dataclass(frozen=True)
class Rule:
    """What the benchmark sets for each shape of maze.

    Attributes:
        red_lead: by how much red must exceed green and blue.
        disc: radius around the ends in which tolerant judging forgives, as a share of a cell.
        box: whether it also forgives in the square around each end cell.
    """

    red_lead: int
    disc: float
    box: bool


SQUARE = Rule(red_lead=80, disc=0.45, box=True)


@dataclass(frozen=True)
class Ends:
    """Where a path starts and ends, in the pixels of the picture that the answer was drawn into.

    Attributes:
        start: centre (x, y) of the start.
        goal: centre (x, y) of the goal.
        cell: side of the end cells; for other shapes than squares the length that stands for it.
    """

    start: tuple[float, float]
    goal: tuple[float, float]
    cell: float

    def scaled(self, x: float, y: float) -> Ends:
        """The same ends in a picture stretched by these factors."""
        return Ends((self.start[0] * x, self.start[1] * y), (self.goal[0] * x, self.goal[1] * y), self.cell * min(x, y))


def red_mask(image: Image, red_lead: int = SQUARE.red_lead) -> Mask:
    """1 where a pixel is red: R >= 150 and R well above G and B."""
    import cv2

    red, green, blue = cv2.split(image)
    lead = cv2.subtract(red, cv2.max(green, blue))  # saturates at 0
    mask: Mask = ((red >= RED_MIN) & (lead >= red_lead)).view(np.uint8)
    return mask


def wall_mask(puzzle: Image) -> Mask:
    """1 where a pixel of the puzzle is nearly black: every channel <= 40."""
    import cv2

    mask: Mask = cv2.inRange(puzzle, (0, 0, 0), (WALL_MAX,) * 3) & 1
    return mask


def judge(answer: Image, walls: Mask, ends: Ends, rule: Rule = SQUARE) -> Score:
    """Judge a picture with a drawn path; the walls and ends are those of the puzzle picture and are scaled to it."""
    height, width = answer.shape[:2]
    if 2 * height < walls.shape[0] or 2 * width < walls.shape[1]:
        # Walls scaled down to so small an answer would vanish, and a dot would reach both ends.
        height, width = max(height, walls.shape[0]), max(width, walls.shape[1])
        answer = resize_nearest(answer, width, height)
    ends = ends.scaled(width / walls.shape[1], height / walls.shape[0])
    if walls.shape != (height, width):
        walls = resize_nearest(walls, width, height)
    red = red_mask(answer, rule.red_lead)
    hits = red & walls
    starts, goals, joined = _joined(red, ends)
    strict_clear = not hits.any()
    tolerant_clear = strict_clear or not (hits & ~_forgiven(hits.shape, ends, rule)).any()
    flooded = int(red.sum()) > FLOOD * np.count_nonzero(walls == 0)
    reason = _reason(bool(red.any()), strict_clear, starts, goals, joined)
    reason = "solved by a flood" if reason == "solved" and flooded else reason
    details = {
        "red_pixels": int(red.sum()),
        "wall_pixels": int(hits.sum()),
        "touches_start": starts,
        "touches_goal": goals,
        "connected": joined,
        "flooded": flooded,
    }
    return Score(joined and strict_clear, joined and tolerant_clear, reason, details)


def _reason(any_red: bool, clear: bool, starts: bool, goals: bool, joined: bool) -> str:
    """The first broken rule."""
    if not any_red:
        return "no red path"
    if not clear:
        return "crosses a wall"
    if not starts:
        return "misses the start"
    if not goals:
        return "misses the goal"
    return "solved" if joined else "path is broken"


def _joined(red: Mask, ends: Ends) -> tuple[bool, bool, bool]:
    """Whether red is near the start, near the goal, and in one 4-connected piece between them."""
    import cv2

    _, labels = cv2.connectedComponents(red, connectivity=4)
    start, goal = _labels_near(labels, ends.start), _labels_near(labels, ends.goal)
    return bool(start), bool(goal), bool(start & goal)


def _labels_near(labels: NDArray[np.int32], point: tuple[float, float]) -> set[int]:
    """The red pieces within 4 pixels of a point."""
    x, y = round(point[0]), round(point[1])
    top, left = max(0, y - REACH_PX), max(0, x - REACH_PX)
    window = labels[top : y + REACH_PX + 1, left : x + REACH_PX + 1]
    ys, xs = np.nonzero(window)
    near = (ys + top - y) ** 2 + (xs + left - x) ** 2 <= REACH_PX**2
    found: list[int] = window[ys[near], xs[near]].tolist()
    return set(found)


def _forgiven(shape: tuple[int, ...], ends: Ends, rule: Rule) -> Mask:
    """1 in a disc around each end, and where the rule has boxes in square end cells and 2 to 6 pixels around them."""
    import cv2

    mask = np.zeros(shape, np.uint8)
    spill = min(6.0, max(2.0, 0.1 * ends.cell))
    half = ends.cell / 2 + spill
    for x, y in (ends.start, ends.goal):
        if rule.box:
            cv2.rectangle(mask, (round(x - half), round(y - half)), (round(x + half), round(y + half)), 1, -1)
        cv2.circle(mask, (round(x), round(y)), round(max(4.0, rule.disc * ends.cell)), 1, -1)
    return mask


def draw_answer(puzzle: Image, centres: Sequence[tuple[int, int]], width: int) -> Image:
    """The puzzle with a path through these centres drawn in pure red, as the benchmark draws answers in words."""
    import cv2

    image: Image = puzzle.copy()
    points = np.asarray(centres, np.int32).reshape(-1, 1, 2)
    cv2.polylines(image, [points], False, (255, 0, 0), width)
    return image
