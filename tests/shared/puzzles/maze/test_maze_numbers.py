"""The numbers printed on mazes can be read, however small the cells are."""

from __future__ import annotations

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
    ys, xs = np.mgrid[: ink.shape[0], : ink.shape[1]]
    wrong, cells = {}, list(family.labels(record))
    for cell, (x, y), box in cells[:: max(1, len(cells) // 40)]:
        away = np.hypot(xs - (x + record.border[0]) * scale, ys - (y + record.border[1]) * scale)
        found = read_number((ink & (away < box * scale / 2)).astype(np.uint8), len(str(cell)))
        if found != str(cell):
            wrong[cell] = found
    assert wrong == {}
