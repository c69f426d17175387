"""The full grid of a square maze: rooms at odd rows and columns, doors between them, walls around; and its pictures."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from vtb.errors import BadInput
from vtb.media.image import Picture
from vtb.puzzles.family import Record
from vtb.puzzles.maze.common.base import MARK, PASSAGE, PATH, WALL
from vtb.puzzles.maze.common.spanning_tree import Tree

__all__ = ["MARK", "PASSAGE", "PATH", "WALL"]  # of every maze, for readers of this one

PALETTE = ((0, 0, 0), (255, 255, 255), (220, 30, 30), (220, 0, 0))
MAX_SIDE = 201


def grid_of(tree: Tree, side: int) -> Picture:
    """The full grid: 1 is wall, 0 is passage."""
    grid = np.ones((2 * side + 1, 2 * side + 1), np.uint8)
    grid[1::2, 1::2] = 0
    for room, parent in enumerate(tree):
        grid[room // side + parent // side + 1, room % side + parent % side + 1] = 0
    return grid


def path_cells(rooms: list[int], side: int) -> list[tuple[int, int]]:
    """Rooms and the doors between them, as cells of the full grid."""
    cells = [(2 * (room // side) + 1, 2 * (room % side) + 1) for room in rooms]
    doors = [((r + s) // 2, (c + d) // 2) for (r, c), (s, d) in itertools.pairwise(cells)]
    return [cell for pair in zip(cells, doors, strict=False) for cell in pair] + cells[-1:]


def centre(cell: tuple[int, int], cell_px: int) -> list[int]:
    """Centre (x, y) of a cell (row, column)."""
    return [int(cell[1]) * cell_px + cell_px // 2, int(cell[0]) * cell_px + cell_px // 2]


def points_of(record: Record, cells: Sequence[int]) -> list[tuple[int, int]]:
    """The centres (x, y) of cells given by their IDs."""
    cols, cell = record["grid_size"][1], record["cell_size"]
    half = cell // 2
    return [(i % cols * cell + half, i // cols * cell + half) for i in cells]


def draw_grid(record: Record) -> Picture:
    """The maze; the marks keep clear of the walls, so that no codec smears red onto them."""
    cell = record["cell_size"]
    grid = np.where(np.asarray(record["maze_grid"], np.uint8) == 1, np.uint8(WALL), np.uint8(PASSAGE))
    picture: Picture = grid.repeat(cell, 0).repeat(cell, 1)
    inset = max(1, cell // 5)
    for r, c in (record["start"], record["goal"]):
        picture[r * cell + inset : (r + 1) * cell - inset, c * cell + inset : (c + 1) * cell - inset] = MARK
    return picture


def validate_grid(record: Record) -> None:
    """Sizes within bounds, a 0/1 grid of that size, and all points inside the canvas."""
    rows, cols = record["grid_size"]
    if not all(type(side) is int for side in (record["cell_size"], record["line_width"], *record["padding"])):
        raise BadInput("cell_size, line_width and padding must be whole numbers of pixels")
    grid = np.asarray(record["maze_grid"])
    width, height = record["canvas_dimensions"]
    if not (3 <= rows <= MAX_SIDE and 3 <= cols <= MAX_SIDE and 1 <= record["cell_size"] <= 256):
        raise BadInput(f"a maze of {rows}x{cols} cells of {record['cell_size']} pixels")
    if grid.shape != (rows, cols) or grid.dtype.kind != "i" or not np.isin(grid, (0, 1)).all():
        raise BadInput("maze_grid is not a 0/1 grid of grid_size")
    if not (0 < width <= 16384 and 0 < height <= 16384):
        raise BadInput(f"a canvas of {width}x{height} pixels")
    ids = record["solution_path_cell_ids"]
    if not ids or not all(isinstance(cell, int) and 0 <= cell < rows * cols for cell in ids):
        raise BadInput("solution_path_cell_ids are not cells of the maze")
    _validate_places(record)


def _validate_places(record: Record) -> None:
    rows, cols = record["grid_size"]
    width, height = record["canvas_dimensions"]
    for name in ("start", "goal"):
        (r, c), (x, y) = record[name], record[f"{name}_point"]
        if not (0 <= r < rows and 0 <= c < cols and 0 <= x < width and 0 <= y < height):
            raise BadInput(f"the {name} does not lie inside the maze")
    left, top = record["padding"][:2]
    if not (0 <= left < width and 0 <= top < height and 0 < record["line_width"] <= 256):
        raise BadInput("padding or line_width do not fit the canvas")
