"""The way that a red line takes through a maze in a clip, frame by frame: beside the benchmark's rules, never instead.

The benchmark looks at the last frame alone. People who judge reasoning in videos also ask whether the line got there as
somebody who walks would: from cell to cell, through no wall, in a maze that stays what it was. (Precision along the way
and exact match are the measures of the maze studies named in the documentation of ``vtb-eval score``.)

A cell is reached when enough of a small square in its middle is red; thin lines fade in H.264. Cells whose middles are
red in the puzzle, such as the marks of both ends, tell nothing and are not counted. At every frame the cells that
are new are put in the order in which they can be walked from those that were reached before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vtb.media.image import Image
from vtb.puzzles.maze.common.path_judge import Mask, red_mask
from vtb.tasks.score import Score

MIDDLE = 1 / 3  # of a cell's width: the square that must be red
ENOUGH = 1 / 3  # of that square
LEAST = 10  # pixels of a cell; H.264 takes whole cells of a line away where they are smaller
CHANGED = 96  # levels by which a channel may differ from the puzzle; compression stays below
KEPT = 0.98  # share of the maze that must look as before


@dataclass(frozen=True)
class Board:
    """A maze as it lies in the frames.

    Attributes:
        picture: the puzzle at the size that it has there, (H, W, 3).
        cells: open cells, by ID.
        centres: of these cells, (x, y) in the picture.
        width: of the square in their middle, in pixels.
        way: the IDs of the right path, from start to goal.
        leads: whether one cell leads to another through an open passage.
        red_lead: by how much red must exceed green and blue.
    """

    picture: Image
    cells: Sequence[int]
    centres: Sequence[tuple[float, float]]
    width: int
    way: Sequence[int]
    leads: Callable[[int, int], bool]
    red_lead: int


@dataclass
class _Walk:
    """What has been seen so far."""

    order: list[int] = field(default_factory=list)
    jumps: int = 0
    kept: float = 1.0
    first_kept: float = 0.0
    at_once: int = 0
    red_now: frozenset[int] = frozenset()


def judge_trajectory(board: Board, parts: Iterable[Image]) -> Score:
    """Judge the maze's part of every frame, each of the board's size.

    Strict is a clip that begins with the puzzle and keeps the maze, in which the line grows along the right path from
    cell to cell, leaves out none and takes none back. Tolerant forgives what becomes of the maze. The details are:

    ``first_kept``, ``kept``: share of the maze's pixels that look as in the puzzle in the first frame, and in the
    worst; ``at_once``: cells that are reached in the first frame already; ``jumps``: cells that were reached from no
    cell before; ``vanished``: cells that were reached and are red no more in the last frame; ``precision``: share of
    the reached cells that lie on the path; ``recall``: share of the path that was reached; ``exact``: whether the cells
    are those of the path in its order; ``before_mistake``: share of the path that was walked before the first cell
    beside it.
    """
    walk, steady = _Walk(), _steady(board.picture)
    ignored = _reached(board, red_mask(board.picture, board.red_lead)) | {board.way[0], board.way[-1]}
    for number, part in enumerate(parts):
        red = red_mask(part, board.red_lead)
        reached = _reached(board, red)
        if number == 0:
            walk.first_kept = _kept(board, steady, part, np.zeros_like(red))
            walk.at_once = len(reached - ignored)
        _see(board, walk, reached - ignored, ignored)
        walk.kept = min(walk.kept, _kept(board, steady, part, red))
    return _verdict(board, walk, ignored)


def _see(board: Board, walk: _Walk, reached: frozenset[int], ignored: frozenset[int]) -> None:
    """Put what is new in order."""
    new = set(reached) - set(walk.order)
    marked = sorted(ignored)
    while new:
        found = _next(board, walk.order[-1:] or marked, new)
        if found is None:
            found = _next(board, [*walk.order, *marked], new)
        if found is None:
            walk.jumps += 1
            found = min(new, key=lambda cell: (board.way.index(cell) if cell in board.way else len(board.way), cell))
        walk.order.append(found)
        new.remove(found)
    walk.red_now = reached


def _next(board: Board, before: Sequence[int], new: set[int]) -> int | None:
    """A new cell that one of those before leads to; of several, one of the path."""
    led = [cell for cell in sorted(new) if any(board.leads(cell, one) for one in before)]
    return min(led, key=lambda cell: cell not in board.way) if led else None


def _reached(board: Board, red: Mask) -> frozenset[int]:
    import cv2

    share = cv2.blur(red.astype(np.float32), (board.width, board.width), borderType=cv2.BORDER_REPLICATE)
    height, width = red.shape
    return frozenset(
        cell
        for cell, (x, y) in zip(board.cells, board.centres, strict=True)
        if share[min(height - 1, max(0, round(y))), min(width - 1, max(0, round(x)))] > ENOUGH
    )


def _kept(board: Board, steady: NDArray[np.bool_], part: Image, red: Mask) -> float:
    """Share of the pixels, but for red ones and edges, which compression blurs, that look as in the puzzle."""
    import cv2

    steady = steady & (cv2.dilate(red, np.ones((5, 5), np.uint8)) == 0)
    if not steady.any():
        return 0.0
    changed = (cv2.absdiff(part, board.picture).max(axis=2) > CHANGED) & steady
    return float(1 - np.count_nonzero(changed) / np.count_nonzero(steady))


def _steady(picture: Image) -> NDArray[np.bool_]:
    """Pixels whose neighbours look the same, and that are no marks."""
    import cv2

    grey = picture.max(axis=2)
    flat = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) == 0
    steady: NDArray[np.bool_] = flat & (cv2.dilate(red_mask(picture), np.ones((5, 5), np.uint8)) == 0)
    return steady


def _verdict(board: Board, walk: _Walk, ignored: frozenset[int]) -> Score:
    way = [cell for cell in board.way if cell not in ignored]
    order = list(walk.order)
    if way and order[:1] == way[-1:]:
        way = way[::-1]  # from the goal to the start is a way, too
    right = [cell for cell in order if cell in set(way)]
    vanished = len(set(walk.order) - walk.red_now)
    first = next((place for place, cell in enumerate(order) if way[place : place + 1] != [cell]), len(order))
    details = {
        "first_kept": round(walk.first_kept, 4), "kept": round(walk.kept, 4), "at_once": walk.at_once,
        "jumps": walk.jumps,
        "vanished": vanished, "cells": len(order), "exact": order == way,
        "precision": len(right) / len(order) if order else 0.0, "recall": len(right) / len(way) if way else 1.0,
        "before_mistake": min(first, len(way)) / len(way) if way else 1.0,
    }  # fmt: skip
    checks = {
        "begins with the line": not walk.at_once, "draws no line": bool(order) or not way, "jumps": not walk.jumps,
        "takes the line back": not vanished, "leaves the path": order == way,
    }  # fmt: skip
    tolerant = next((why for why, good in checks.items() if not good), None)
    kept = {"does not begin with the puzzle": walk.first_kept >= KEPT, "changes the maze": walk.kept >= KEPT}
    reason = tolerant or next((why for why, good in kept.items() if not good), None)
    return Score(reason is None, tolerant is None, reason or "walked", details)
