"""Square mazes: a perfect maze on an odd grid of cells, walls included, with one path between two red marks.

Cell (r, c) has the ID ``r * cols + c`` over the full grid. Rooms lie at odd rows and columns, doors between them.
Specification: VideoThinkBench (arXiv 2511.04570), mazes.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from msgspec.structs import asdict, replace

from vtb.errors import UsageProblem
from vtb.media.image import Picture
from vtb.puzzles import prompts
from vtb.puzzles.blind import square_rate
from vtb.puzzles.family import Clip
from vtb.puzzles.maze.common import line_clip, path_judge, square_grid
from vtb.puzzles.maze.common.base import ALGORITHM_HELP, LINE_HELP, PASSAGE, Maze
from vtb.puzzles.maze.common.line_clip import Point
from vtb.puzzles.maze.common.record import SquareClip, SquareRecord
from vtb.puzzles.maze.common.spanning_tree import count_depth_first, count_uniform, depth_first, path, wilson
from vtb.puzzles.maze.common.square_grid import centre, draw_grid, grid_of, path_cells, points_of
from vtb.rng import below

MIN_CELL_PX = 6


@dataclass(frozen=True)
class Config:
    """What can be chosen about a square maze."""

    size: int = field(default=9, metadata={"help": "Side of the maze in cells, walls included: odd, 5 to 101."})
    cell_px: int = field(default=32, metadata={"help": "Side of a cell in pixels."})
    line_width: int | None = field(default=None, metadata={"help": LINE_HELP})
    algorithm: Literal["wilson", "dfs"] = field(default="wilson", metadata={"help": ALGORITHM_HELP})
    endpoints: Literal["corners", "random"] = field(
        default="corners", metadata={"help": "Start and goal in opposite corners, or in two rooms drawn at random."}
    )
    clip: Clip | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        if self.size % 2 == 0 or not 5 <= self.size <= 101:
            raise UsageProblem(f"--size {self.size}: a maze has an odd number of cells a side, from 5 to 101")
        if not MIN_CELL_PX <= self.cell_px <= 256:
            raise UsageProblem(f"--cell-px {self.cell_px}: a cell has {MIN_CELL_PX} to 256 pixels a side")
        if self.size * self.cell_px > square_grid.MAX_SIDE:
            side = f"a picture of {self.size * self.cell_px} pixels a side, at most {square_grid.MAX_SIDE}"
            raise UsageProblem(f"--cell-px {self.cell_px}: {side}: take smaller or fewer cells")
        width = self.line_width
        if width is not None and not 1 <= width <= self.cell_px // 2:
            raise UsageProblem(f"--line-width {width}: must be from 1 to half a cell ({self.cell_px // 2})")
        if self.clip is not None and _clip_cell(self.size, self.clip) < MIN_CELL_PX:
            raise UsageProblem(
                f"--clip-size {self.clip.size[0]}x{self.clip.size[1]}: {self.size} cells a side leave "
                f"{_clip_cell(self.size, self.clip)} pixels a cell, fewer than {MIN_CELL_PX}: take a larger clip"
            )


class SquareMaze(Maze[SquareRecord]):
    """The family; see ``vtb.puzzles.family.Family``."""

    name = "maze_square"
    version = 2  # printed IDs in small cells can be read
    payload_class = SquareRecord
    config_class = Config
    palette = square_grid.PALETTE
    rule = path_judge.SQUARE
    prompts = prompts.MAZE
    cell_field = "cell_size"
    surroundings = PASSAGE

    def sample(self, rng: random.Random, config: Config) -> SquareRecord:
        """A maze, its two ends and the one path between them."""
        side = config.size // 2
        tree = (wilson if config.algorithm == "wilson" else depth_first)(rng, side, side)
        start, goal = _ends(rng, side * side, config.endpoints)
        cells = path_cells(path(tree, start, goal), side)
        return SquareRecord(
            grid_size=(config.size, config.size),
            cell_size=config.cell_px,
            line_width=config.line_width or max(2, config.cell_px // 3),
            algorithm=config.algorithm,
            canvas_dimensions=(config.size * config.cell_px,) * 2,
            maze_grid=grid_of(tree, side).tolist(),
            start=cells[0],
            goal=cells[-1],
            start_point=centre(cells[0], config.cell_px),
            goal_point=centre(cells[-1], config.cell_px),
            solution_path_cell_ids=[r * config.size + c for r, c in cells],
            clip=_clip_record(config.clip, config) if config.clip else None,
        )

    def validate(self, record: SquareRecord) -> None:
        """Sizes within bounds, a 0/1 grid of that size, and all points inside canvas and clip."""
        square_grid.validate_grid(record)
        if record.clip:
            cell, (rows, cols) = record.clip.cell_size, record.grid_size
            line_clip.validate_clip(record.clip, cols * cell, rows * cell)

    def identity(self, record: SquareRecord) -> str:
        """Walls and the two ends, whichever comes first: they look the same."""
        walls = "/".join("".join(map(str, row)) for row in record.maze_grid)
        ends = sorted([record.start, record.goal])
        return hashlib.sha256(f"{self.name} {walls} {ends}".encode()).hexdigest()

    def difficulty(self, record: SquareRecord) -> dict[str, float]:
        """Side, cells on the path, its turns, and the dead ends of the maze."""
        ids = record.solution_path_cell_ids
        steps = [b - a for a, b in itertools.pairwise(ids)]
        grid = np.asarray(record.maze_grid)
        open_ = np.pad(grid == 0, 1)
        exits = open_[:-2, 1:-1].astype(int) + open_[2:, 1:-1] + open_[1:-1, :-2] + open_[1:-1, 2:]
        return {
            "size": record.grid_size[0],
            "path_length": len(ids),
            "turns": sum(a != b for a, b in itertools.pairwise(steps)),
            "dead_ends": int(((exits == 1) & (grid == 0)).sum()),
        }

    def blind(self, record: SquareRecord) -> float | None:
        """By the ends: two opposite corners, or two rooms anywhere."""
        rows, cols = record.grid_size
        corners = {record.start, record.goal} == {(1, 1), (rows - 2, cols - 2)}
        return square_rate(rows, record.algorithm, corners=corners) if rows == cols else None

    def draw_puzzle(self, record: SquareRecord) -> Picture:
        """Walls, passages and the two marks."""
        return draw_grid(record)

    def in_clip(self, record: SquareRecord) -> SquareRecord:
        """The record with the lengths and points that it has in its clip, where the maze starts at (0, 0)."""
        assert record.clip is not None
        scale = record.clip.scale
        start, goal = ((x * scale, y * scale) for x, y in (record.start_point, record.goal_point))
        width = max(2, round(record.line_width * scale))
        cell = record.clip.cell_size
        return replace(record, start_point=start, goal_point=goal, cell_size=cell, line_width=width)

    def filmed(self, record: SquareRecord, frames: int) -> SquareRecord:
        """As all families; the clip says the side of a cell too."""
        whole = super().filmed(record, frames)
        assert whole.clip is not None
        return replace(whole, clip=SquareClip(**asdict(whole.clip), cell_size=record.cell_size))

    def cell_count(self, record: SquareRecord) -> int:
        """Walls have IDs too."""
        rows, cols = record.grid_size
        return int(rows * cols)

    def leads(self, record: SquareRecord, cells: Sequence[int]) -> bool:
        """All open, each beside the next."""
        rows, cols = record.grid_size
        if max(cells) >= rows * cols:
            return False
        places = [divmod(cell, cols) for cell in cells]
        beside = all(abs(r - s) + abs(c - d) == 1 for (r, c), (s, d) in itertools.pairwise(places))
        return beside and not any(record.maze_grid[r][c] for r, c in places)

    def line(self, record: SquareRecord, cells: Sequence[int]) -> list[Point]:
        """Straight from centre to centre."""
        return points_of(record, cells)

    def labels(self, record: SquareRecord) -> Iterator[tuple[int, Point, int]]:
        """Every open cell."""
        cells = np.flatnonzero(np.asarray(record.maze_grid) == 0).tolist()
        for cell, point in zip(cells, points_of(record, cells), strict=True):
            yield cell, point, record.cell_size

    def answer_width(self, record: SquareRecord) -> int:
        """A third of a cell, as in the benchmark."""
        return int(max(3, record.cell_size // 3))

    def distinct(self, config: Config) -> float | None:
        """How many different puzzles a configuration can make, or None where that is not known."""
        side = config.size // 2
        trees = count_uniform(side, side) if config.algorithm == "wilson" else count_depth_first(side, side)
        rooms = side * side
        return trees and (trees if config.endpoints == "corners" else trees * rooms * (rooms - 1) / 2)


def _clip_cell(size: int, clip: Clip) -> int:
    """Pixels a cell has in a clip: whole ones, so that walls stay crisp."""
    return min(clip.size) // size


def _clip_record(clip: Clip, config: Config) -> SquareClip:
    cell = _clip_cell(config.size, clip)
    side = cell * config.size
    form = line_clip.clip_record(clip, side, side, cell / config.cell_px)
    return SquareClip(**asdict(form), cell_size=cell)


def _ends(rng: random.Random, rooms: int, endpoints: str) -> tuple[int, int]:
    if endpoints == "corners":
        return 0, rooms - 1
    start = below(rng, rooms)
    goal = below(rng, rooms - 1)
    return start, goal + (goal >= start)


FAMILY = SquareMaze()
