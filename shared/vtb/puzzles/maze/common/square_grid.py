"""The full grid of a square maze: rooms at odd rows and columns, doors between them, walls around; and its pictures."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from vtb.errors import BadInput
from vtb.media.image import Picture
from vtb.puzzles.maze.common.base import MARK, PASSAGE, PATH, WALL
from vtb.puzzles.maze.common.record import SquareRecord
from vtb.puzzles.maze.common.spanning_tree import Tree

__all__ = ["MARK", "PASSAGE", "PATH", "WALL"]  # of every maze, for readers of this one

MAX_SIDE = 16384  # pixels of a picture
PALETTE = ((0, 0, 0), (255, 255, 255), (220, 30, 30), (220, 0, 0))


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


def centre(cell: tuple[int, int], cell_px: int) -> tuple[int, int]:
    """Centre (x, y) of a cell (row, column)."""
    return cell[1] * cell_px + cell_px // 2, cell[0] * cell_px + cell_px // 2


def points_of(record: SquareRecord, cells: Sequence[int]) -> list[tuple[int, int]]:
    """The centres (x, y) of cells given by their IDs."""
    cols, cell = record.grid_size[1], record.cell_size
    half = cell // 2
    return [(i % cols * cell + half, i // cols * cell + half) for i in cells]


def draw_grid(record: SquareRecord) -> Picture:
    """The maze; the marks keep clear of the walls, so that no codec smears red onto them."""
    cell = record.cell_size
    grid = np.where(np.asarray(record.maze_grid, np.uint8) == 1, np.uint8(WALL), np.uint8(PASSAGE))
    picture: Picture = grid.repeat(cell, 0).repeat(cell, 1)
    inset = max(1, cell // 5)
    for r, c in (record.start, record.goal):
        picture[r * cell + inset : (r + 1) * cell - inset, c * cell + inset : (c + 1) * cell - inset] = MARK
    return picture


def validate_grid(record: SquareRecord) -> None:
    """A grid of the size on record, and all points inside the canvas."""
    (rows, cols), (width, height) = record.grid_size, record.canvas_dimensions
    if len(record.maze_grid) != rows or any(len(row) != cols for row in record.maze_grid):
        raise BadInput("maze_grid is not of grid_size")
    if max(rows, cols) * record.cell_size > MAX_SIDE:
        raise BadInput(f"a maze of {rows}x{cols} cells of {record.cell_size} pixels cannot be drawn")
    if max(record.solution_path_cell_ids) >= rows * cols:
        raise BadInput("solution_path_cell_ids are not cells of the maze")
    for name, (r, c), (x, y) in (("start", record.start, record.start_point), ("goal", record.goal, record.goal_point)):
        if not (r < rows and c < cols and 0 <= x < width and 0 <= y < height):
            raise BadInput(f"the {name} does not lie inside the maze")
    left, top = record.border
    if not (left < width and top < height):
        raise BadInput("padding does not fit the canvas")
