"""The numbers printed on mazes can be read, however small the cells are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from legible import read_number
from vtb.puzzles.maze.common.base import PRINT, PRINT_ON_RED, Maze
from vtb.puzzles.registry import find_family
from vtb.puzzles.sample import make_example

SMALL: list[tuple[str, dict[str, Any]]] = [
    ("maze_square", {"size": 9, "cell_px": 6}),
    ("maze_square", {"size": 9, "cell_px": 8}),
    ("maze_square", {"size": 33, "cell_px": 8}),
    ("maze_square", {"size": 101, "cell_px": 6}),
    ("maze_square", {"size": 9, "cell_px": 32}),
    ("maze_hexagon", {"radius": 4}),
    ("maze_hexagon", {"radius": 10, "cell_radius": 12, "wall_thickness": 2, "line_width": 3}),
    ("maze_circle", {"rings": 6}),
    ("maze_circle", {"rings": 4, "segments": 12, "ring_width": 18, "inner_radius": 24, "wall_thickness": 2}),
]  # fmt: skip


def within(ink: np.ndarray, x: float, y: float, radius: float) -> np.ndarray:
    """What of a drawing lies in a circle: the square around it, as 0 and 1."""
    first_y, first_x = (max(0, math.floor(at - radius)) for at in (y, x))
    part = ink[first_y : math.ceil(y + radius) + 1, first_x : math.ceil(x + radius) + 1]
    ys, xs = np.mgrid[: part.shape[0], : part.shape[1]]
    inside = np.hypot(xs + first_x - x, ys + first_y - y) < radius
    return np.asarray(part & inside, np.uint8)


@pytest.mark.parametrize(("name", "options"), SMALL)
def test_numbers_are_printed_as_large_as_they_must_be(name: str, options: dict[str, Any]) -> None:
    family = find_family(name)
    assert isinstance(family, Maze)
    record = make_example(family, family.config_class(**options), "numbers", 5, 0).payload
    puzzle = family.puzzle(record)
    image = family.show(record, puzzle)
    scale = image.shape[0] // puzzle.shape[0]
    assert image.shape == (puzzle.shape[0] * scale, puzzle.shape[1] * scale, 3)
    assert (scale == 1) == family.numbers_can_be_read(record)
    ink = np.logical_or((image == PRINT).all(axis=2), (image == PRINT_ON_RED).all(axis=2))
    ink &= (image != puzzle.repeat(scale, 0).repeat(scale, 1)).any(axis=2)
    wrong, cells, (left, top) = {}, list(family.labels(record)), record.border
    for cell, (x, y), box in cells[:: max(1, len(cells) // 40)]:
        found = read_number(within(ink, (x + left) * scale, (y + top) * scale, box * scale / 2), len(str(cell)))
        if found != str(cell):
            wrong[cell] = found
    assert wrong == {}
