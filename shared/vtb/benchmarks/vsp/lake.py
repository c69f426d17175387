"""A frozen lake, and walking over it: off the map one stays, in a hole the walk ends."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Literal

HOLE, SAFE, START, GOAL = -1, 0, 1, 2
STEPS = {"U": (-1, 0), "D": (1, 0), "L": (0, -1), "R": (0, 1)}
Grid = tuple[tuple[int, ...], ...]
End = Literal["goal", "hole", "elsewhere"]


def walk(grid: Grid, moves: Iterable[str]) -> End:
    """Where a walk from the start ends; over the goal and on again is elsewhere, as in the released simulation."""
    row, column = find(grid, START)
    for move in moves:
        down, right = STEPS[move]
        if 0 <= row + down < len(grid) and 0 <= column + right < len(grid[0]):
            row, column = row + down, column + right
        if grid[row][column] == HOLE:
            return "hole"
    return "goal" if grid[row][column] == GOAL else "elsewhere"


def find(grid: Grid, what: int) -> tuple[int, int]:
    """The place of the one cell of a kind."""
    return next((row, cells.index(what)) for row, cells in enumerate(grid) if what in cells)


def shortest(grid: Grid) -> Sequence[str] | None:
    """The fewest moves to the goal, of several the first by U, D, L, R; None where there is no way."""
    start = find(grid, START)
    ways: dict[tuple[int, int], tuple[str, ...]] = {start: ()}
    queue = deque([start])
    while queue:
        row, column = queue.popleft()
        if grid[row][column] == GOAL:
            return ways[row, column]
        for move, (down, right) in STEPS.items():
            cell = row + down, column + right
            inside = 0 <= cell[0] < len(grid) and 0 <= cell[1] < len(grid[0])
            if inside and cell not in ways and grid[cell[0]][cell[1]] != HOLE:
                ways[cell] = (*ways[row, column], move)
                queue.append(cell)
    return None
