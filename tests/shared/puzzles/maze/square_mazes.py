"""What the tests of square mazes share: making them, and finding paths by search."""

from __future__ import annotations

from collections import deque
from typing import Any

from vtb.puzzles.maze.common.record import SquareRecord
from vtb.puzzles.maze.square import FAMILY, Config
from vtb.rng import sample_rng


def make(index: int = 0, **options: Any) -> SquareRecord:
    return FAMILY.sample(sample_rng(42, "test", index), Config(**options))


def shortest_path(record: SquareRecord) -> list[int]:
    """Cell IDs from start to goal by breadth-first search over the open cells."""
    grid, cols = record.maze_grid, record.grid_size[1]
    start, goal = record.start, record.goal
    came: dict[tuple[int, int], tuple[int, int]] = {start: start}
    queue = deque([start])
    while queue:
        r, c = queue.popleft()
        for cell in ((r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)):
            if grid[cell[0]][cell[1]] == 0 and cell not in came:
                came[cell] = (r, c)
                queue.append(cell)
    cells = [goal]
    while cells[-1] != start:
        cells.append(came[cells[-1]])
    return [r * cols + c for r, c in reversed(cells)]
