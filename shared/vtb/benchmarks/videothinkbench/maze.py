"""Maze records of the benchmark, and the same read off its pictures where only those are given."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from vtb.benchmarks.videothinkbench.grid_key import path_key
from vtb.benchmarks.videothinkbench.picture_task import PictureTask
from vtb.errors import BadInput
from vtb.media.image import Image
from vtb.puzzles.blind import grid_rate
from vtb.puzzles.family import Point, Size
from vtb.puzzles.judging.answers import last_list
from vtb.puzzles.maze.common import path_judge
from vtb.puzzles.maze.common.base import is_numbered
from vtb.puzzles.maze.common.grid_maze import GridMaze
from vtb.puzzles.maze.common.record import CellId
from vtb.tasks.score import UNJUDGED, Score

BESIDE = ((0, 1), (1, 0), (0, -1), (-1, 0))
MARK_SHARE = {"maze_hexagon": ("cell_radius", 0.45), "maze_circle": ("ring_width", 1 / 3)}  # radius of a mark


class PathRecord(Struct, frozen=True, kw_only=True):
    """What the benchmark says of a hexagon or circle maze: its ends, a length that stands for a cell, and the path."""

    canvas_dimensions: Size
    start_point: Point
    goal_point: Point
    cell: Annotated[float, Meta(gt=0, le=1024)]
    radius: int | None = None
    rings: int | None = None
    segments: int | None = None
    solution_path_cell_ids: list[CellId] = []


class GridMazeByPicture(PictureTask[PathRecord]):
    """A hexagon or circle maze whose walls only its picture shows."""

    family: GridMaze[Any]
    payload_class = PathRecord

    def validate(self, record: PathRecord) -> None:
        """The two ends lie inside the canvas."""
        width, height = record.canvas_dimensions
        if not all(0 <= x < width and 0 <= y < height for x, y in (record.start_point, record.goal_point)):
            raise BadInput("the ends do not lie inside the canvas")

    def identity(self, record: PathRecord) -> str:
        """Grid and path; see ``vtb.benchmarks.videothinkbench.decontamination``."""
        return path_key(self.name, record)

    def difficulty(self, record: PathRecord) -> dict[str, float]:
        """What the record says of its grid and its path."""
        figures = {"radius": record.radius, "rings": record.rings, "segments": record.segments}
        length = len(record.solution_path_cell_ids) or None
        return {name: value for name, value in {**figures, "path_length": length}.items() if value is not None}

    def blind(self, record: PathRecord) -> float | None:
        """By the ends, where the record says which grid it is."""
        return grid_rate(self.name, record.radius or record.rings, "dfs", record.segments)

    def not_askable(self, picture: Image) -> str:
        """Where its cells lie is not on record, so nobody but its maker can print their numbers."""
        return "" if is_numbered(picture) else "its picture has no cell numbers, by which it is to be answered"

    def answer(self, record: PathRecord) -> str:
        """The cells of the path."""
        return str(record.solution_path_cell_ids)

    def score_text(self, record: PathRecord, text: str, puzzle: Image | None = None) -> Score:
        """The path on record, from either end: without loops there is no other, and where cells lie is not known."""
        ids, right = last_list(text), record.solution_path_cell_ids
        if not right:
            return Score(False, False, UNJUDGED)
        if ids is None:
            return Score(False, False, "no list of cells")
        steps = [cell for cell, _ in itertools.groupby(ids)]
        same = steps in (right, right[::-1])
        return Score(same, same, "solved" if same else "another path")

    def score_image(self, record: PathRecord, image: Image, puzzle: Image | None = None) -> Score:
        """A red path from mark to mark on no wall of the picture."""
        if puzzle is None:
            raise BadInput(f"{self.name}: only its picture shows its walls: give it with the answer")
        ends = path_judge.Ends(record.start_point, record.goal_point, record.cell)
        return path_judge.judge(image, path_judge.wall_mask(puzzle), ends, self.family.rule)

    def reward_image(self, record: PathRecord, image: Image, puzzle: Image | None = None) -> Score:
        """The same, but filling all passages with red is wrong."""
        return path_judge.unless_flooded(self.score_image(record, image, puzzle))


def square_as_ours(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record of a square maze holds everything."""
    size = record["grid_size"]
    line = {"padding": record.get("padding", [0, 0, 0, 0]), "line_width": max(2, record["cell_size"] // 3)}
    return {**line, **record, "grid_size": [size, size] if isinstance(size, int) else size, "clip": None}


def grid_as_ours(name: str, record: Mapping[str, Any], puzzle: Image) -> dict[str, Any]:
    """A record of a hexagon or circle maze; where the ends are not on record, they are seen in its picture."""
    seen = {} if "start_point" in record else read_grid(name, puzzle)
    field, _ = MARK_SHARE[name]
    return {**record, **({"cell": record[field]} if field in record else {}), **seen}


def read_square(puzzle: Image) -> dict[str, Any]:
    """A square maze from its picture: black is wall, and no run of wall or passage is shorter than a cell.

    Raises:
        BadInput: no two red marks of one size, or no way between them.
    """
    walls = path_judge.wall_mask(puzzle)
    cell, left, top = _lattice(walls)
    open_ = walls[top + cell // 2 :: cell, left + cell // 2 :: cell] == 0
    rows, cols = np.nonzero(open_.any(axis=1))[0], np.nonzero(open_.any(axis=0))[0]
    first, last = (int(rows[0]) - 1, int(cols[0]) - 1), (int(rows[-1]) + 1, int(cols[-1]) + 1)
    height, width = last[0] - first[0] + 1, last[1] - first[1] + 1
    grid = np.ones((height, width), int)
    grid[1:-1, 1:-1] = np.where(open_[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1], 0, 1)
    ends = sorted(
        ((y + high // 2 - top) // cell - first[0], (x + wide // 2 - left) // cell - first[1])
        for x, y, wide, high in _marks(puzzle)
    )
    path = _shortest(grid, ends[0], ends[1])
    places = [[left + (first[1] + c) * cell + cell // 2, top + (first[0] + r) * cell + cell // 2] for r, c in ends]
    return {
        "grid_size": [height, width], "cell_size": cell, "maze_grid": grid.tolist(),
        "padding": [left + first[1] * cell, top + first[0] * cell, 0, 0],
        "canvas_dimensions": [puzzle.shape[1], puzzle.shape[0]],
        "start": list(ends[0]), "goal": list(ends[1]), "start_point": places[0], "goal_point": places[1],
        "solution_path_cell_ids": [r * width + c for r, c in path],
    }  # fmt: skip


def _lattice(walls: NDArray[np.uint8]) -> tuple[int, int, int]:
    """Side of a cell, and the left and top of the first whole one."""
    edges = [np.diff(walls.astype(np.int8), axis=axis).nonzero() for axis in (1, 0)]
    xs, ys = np.unique(edges[0][1]) + 1, np.unique(edges[1][0]) + 1
    if len(xs) < 2 or len(ys) < 2:
        raise BadInput("its picture shows no walls")
    cell = int(min(np.diff(xs).min(), np.diff(ys).min()))
    if cell < 4:
        raise BadInput("the walls in its picture are not cells of one size")
    return cell, int(xs[0]) % cell, int(ys[0]) % cell


def read_grid(name: str, puzzle: Image) -> dict[str, Any]:
    """What a judge needs of a hexagon or circle maze, from its picture: its two red discs."""
    _, share = MARK_SHARE[name]
    boxes = _marks(puzzle)
    places = [[x + wide / 2, y + high / 2] for x, y, wide, high in boxes]
    return {
        "canvas_dimensions": [puzzle.shape[1], puzzle.shape[0]],
        "start_point": places[0], "goal_point": places[1], "solution_path_cell_ids": [],
        "cell": max(boxes[0][2:]) / 2 / share,
    }  # fmt: skip


def _marks(puzzle: Image) -> list[tuple[int, int, int, int]]:
    """Left, top, width and height of the two red marks."""
    import cv2

    red = path_judge.red_mask(puzzle)
    _, _, stats, _ = cv2.connectedComponentsWithStats(red, connectivity=4)
    found = [tuple(int(v) for v in row[:4]) for row in stats[1:] if row[4] >= 9]
    if len(found) != 2 or abs(found[0][2] - found[1][2]) > 2:
        raise BadInput(f"{len(found)} red marks can be seen in its picture, not two of one size")
    return [(x, y, wide, high) for x, y, wide, high in found]


def _shortest(grid: NDArray[np.int_], start: tuple[int, int], goal: tuple[int, int]) -> list[tuple[int, int]]:
    """The cells from start to goal."""
    back: dict[tuple[int, int], tuple[int, int]] = {start: start}
    queue = deque([start])
    while queue and goal not in back:
        r, c = queue.popleft()
        for beside in ((r + y, c + x) for y, x in BESIDE):
            if beside not in back and grid[beside] == 0:
                back[beside] = (r, c)
                queue.append(beside)
    if goal not in back:
        raise BadInput("its picture shows no way from mark to mark")
    path = [goal]
    while path[-1] != start:
        path.append(back[path[-1]])
    return path[::-1]
