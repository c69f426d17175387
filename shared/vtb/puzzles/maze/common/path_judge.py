"""Judging a red path drawn from a start to a goal between black walls (VideoThinkBench, mazes).

Strict is the benchmark's rule: red reaches the start and the goal, start and goal are joined by red pixels, and no red
pixel lies on a wall of the puzzle. The outermost pixel of a wall is neither wall nor passage: scaling, JPEG and H.264
put red there from a right line or mark beside it, so beside one it counts only where nothing else joins start and goal.
Tolerant forgives red on walls in and a little around the two end cells, where a marker or a round line end may spill.
Filling all passages with red keeps both rules, as in the benchmark; such a verdict says so (``flooded``). The shapes of
mazes differ in two numbers (``Rule``). Where the benchmark's judge decides otherwise: docs/decisions/0009.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtb.media.image import Image, resize_nearest
from vtb.tasks.score import Score

Mask = NDArray[np.uint8]
RED_MIN, WALL_MAX = 150, 40
REACH, REACH_PX = 1 / 8, 4  # how far from an end red reaches it: a share of a cell, at least the benchmark's 4 pixels
SPILL, SPILL_PX = 3 / 16, 2  # around an end cell, forgiven by tolerant judging: 6 pixels for the benchmark's cell of 32
# H.264 and JPEG halve the size of colors and work in blocks of 16 pixels: a thin line pales or darkens in places.
FAINT_MIN, FAINT_LEAD, BLOCK = 75, 30, 16
SURE = 20  # by which red leads more where a line is red and paled in places: scaling makes pale lines red in places
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


def red_mask(image: Image, red_lead: int = SQUARE.red_lead, red_min: int = RED_MIN) -> Mask:
    """1 where a pixel is red: R >= 150 and R well above G and B."""
    import cv2

    red, green, blue = cv2.split(image)
    lead = cv2.subtract(red, cv2.max(green, blue))  # saturates at 0
    mask: Mask = ((red >= red_min) & (lead >= red_lead)).view(np.uint8)
    return mask


def wall_mask(puzzle: Image) -> Mask:
    """1 where a pixel of the puzzle is nearly black: every channel <= 40."""
    import cv2

    mask: Mask = cv2.inRange(puzzle, (0, 0, 0), (WALL_MAX,) * 3) & 1
    return mask


def judge(answer: Image, walls: Mask, ends: Ends, rule: Rule = SQUARE) -> Score:
    """Judge a picture with a drawn path; the walls and ends are those of the puzzle picture and are scaled to it."""
    smaller = answer.shape[0] < walls.shape[0] or answer.shape[1] < walls.shape[1]
    answer, walls, ends, pixel = _at_one_size(answer, walls, ends)
    drawn = _Drawn(answer, rule.red_lead, ends, 8 if smaller else 4, BLOCK * pixel)
    hits = drawn.red & walls
    starts, goals, joined = drawn.joined()
    # In an answer whose pixels are that large no rim can be told from a wall: red on any of it is on a wall.
    rim = pixel if 4 * pixel <= ends.cell else 1
    strict, tolerant = _clear(drawn, walls, ends, rule, rim) if hits.any() else (True, True)
    red_pixels = int(np.count_nonzero(drawn.red))
    flooded = bool(red_pixels > FLOOD * np.count_nonzero(walls == 0))
    reason = _reason(red_pixels > 0, strict, starts, goals, joined)
    reason = "solved by a flood" if reason == "solved" and flooded else reason
    details = {
        "red_pixels": red_pixels,
        "wall_pixels": int(hits.sum()),
        "touches_start": starts,
        "touches_goal": goals,
        "connected": joined,
        "flooded": flooded,
    }
    return Score(joined and strict, joined and tolerant, reason, details)


def unless_flooded(score: Score) -> Score:
    """The verdict for a reward, which fills no passages with red: whoever is paid for it learns to."""
    return dataclasses.replace(score, strict=False, tolerant=False) if score.details["flooded"] else score


class _Drawn:
    """What is red in an answer, and what it joins."""

    def __init__(self, answer: Image, red_lead: int, ends: Ends, connectivity: int, block: int) -> None:
        self.answer, self.ends, self.connectivity, self.block = answer, ends, connectivity, block
        self.red, self.sure_lead = red_mask(answer, red_lead), red_lead + SURE
        self.reach = max(REACH_PX, round(REACH * ends.cell))

    @functools.cached_property
    def reddish(self) -> Mask:
        """1 where a pixel is red or somewhat red."""
        return red_mask(self.answer, FAINT_LEAD, FAINT_MIN)

    @functools.cached_property
    def faint(self) -> Mask:
        """1 where a thin red line may be that compression paled: somewhat red, with sure red in the same block."""
        import cv2

        sure = red_mask(self.answer, self.sure_lead)
        reach = min(self.block, max(sure.shape))  # the pixels of a tiny answer are large: a block is all of it then
        near = cv2.dilate(sure, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
        faint: Mask = self.reddish & near
        return faint

    def joined(self, walls: Mask | None = None) -> tuple[bool, bool, bool]:
        """Whether red is near the start, near the goal, and in one piece between them, none of it on these walls."""
        starts, goals, joined = self._pieces(self.red, walls)
        if starts and goals and not joined:
            joined = self._pieces(np.bitwise_or(self.red, self.faint), walls)[2]
        return starts, goals, joined

    def _pieces(self, mask: Mask, walls: Mask | None) -> tuple[bool, bool, bool]:
        import cv2

        off_walls = mask if walls is None else cv2.subtract(mask, walls)
        _, labels = cv2.connectedComponents(off_walls, connectivity=self.connectivity)
        start, goal = (_labels_at(labels, end, self.reach) for end in (self.ends.start, self.ends.goal))
        return bool(start), bool(goal), bool(start & goal)


def _at_one_size(answer: Image, walls: Mask, ends: Ends) -> tuple[Image, Mask, Ends, int]:
    """Answer, walls and ends at the answer's size, and how many pixels wide a pixel of the answer is there."""
    height, width = answer.shape[:2]
    pixel = 1
    if 2 * height < walls.shape[0] or 2 * width < walls.shape[1]:
        # Walls scaled down to so small an answer would vanish, and a dot would reach both ends.
        pixel = max(math.ceil(walls.shape[0] / height), math.ceil(walls.shape[1] / width))
        height, width = max(height, walls.shape[0]), max(width, walls.shape[1])
        answer = resize_nearest(answer, width, height)
    ends = ends.scaled(width / walls.shape[1], height / walls.shape[0])
    if walls.shape != (height, width):
        walls = resize_nearest(walls, width, height)
    return answer, walls, ends, pixel


def _clear(drawn: _Drawn, walls: Mask, ends: Ends, rule: Rule, rim: int) -> tuple[bool, bool]:
    """Whether red is on no wall, strictly and tolerantly: not beyond its rim, and without need of the rim."""
    import cv2

    inside = cv2.erode(walls, np.ones((2 * rim + 1, 2 * rim + 1), np.uint8))

    def holds(walls: Mask, inside: Mask) -> bool:
        # A thin wall is all rim; red that covers it from side to side is wider than a rim is.
        hits = drawn.red & walls
        thick = cv2.erode(hits, np.ones((rim + 1, rim + 1), np.uint8))
        # What spilled over lies beside what it spilled from; a speck on its own was drawn there.
        beside = cv2.dilate(cv2.subtract(drawn.reddish, walls), np.ones((2 * rim + 3, 2 * rim + 3), np.uint8))
        if (drawn.red & inside).any() or thick.any() or cv2.subtract(hits, beside).any():
            return False
        return drawn.joined(walls)[2] or not drawn.joined()[2]

    if holds(walls, inside):
        return True, True
    forgiven = _forgiven(walls.shape, ends, rule)
    return False, holds(cv2.subtract(walls, forgiven), cv2.subtract(inside, forgiven))


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


def _labels_at(labels: NDArray[np.int32], point: tuple[float, float], reach: int) -> set[int]:
    """The red pieces nearest to a point, in the square around it; a speck on the point hides a line beside it."""
    x, y = round(point[0]), round(point[1])
    top, left = max(0, y - reach), max(0, x - reach)
    window = labels[top : max(0, y + reach + 1), left : max(0, x + reach + 1)]
    ys, xs = np.nonzero(window)
    away = np.maximum(np.abs(ys + top - y), np.abs(xs + left - x))
    nearest = away == away.min(initial=reach)
    found: list[int] = window[ys[nearest], xs[nearest]].tolist()
    return set(found)


def _forgiven(shape: tuple[int, ...], ends: Ends, rule: Rule) -> Mask:
    """1 in a disc around each end, and where the rule has boxes in square end cells and a little around them."""
    import cv2

    mask = np.zeros(shape, np.uint8)
    half = ends.cell / 2 + max(SPILL_PX, SPILL * ends.cell)
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
