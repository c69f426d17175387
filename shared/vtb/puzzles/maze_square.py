"""Square mazes: a perfect maze on an odd grid of cells, walls included, with one path between two red marks.

Cell (r, c) has the ID ``r * cols + c`` over the full grid. Rooms lie at odd rows and columns, doors between them.
Specification: VideoThinkBench (arXiv 2511.04570), mazes.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from vtb import canvas
from vtb.canvas import Image, Picture
from vtb.errors import UsageProblem
from vtb.puzzles import clip_box, prompts, red_path, square_grid
from vtb.puzzles.clip_box import clip_cell, clip_record, letterbox, stretch
from vtb.puzzles.family import Clip, Modality, Record, Score
from vtb.puzzles.spanning_tree import count_depth_first, count_uniform, depth_first, path, wilson
from vtb.puzzles.square_grid import PASSAGE, PATH, WALL, centre, draw_grid, draw_ids, grid_of, path_cells, path_points
from vtb.rng import below

PRINT = (0, 0, 255)
MIN_CELL_PX = 6
HOLD = 0.2  # share of a clip that shows the final state


@dataclass(frozen=True)
class Config:
    """What can be chosen about a square maze."""

    size: int = field(default=9, metadata={"help": "Side of the maze in cells, walls included: odd, 5 to 101."})
    cell_px: int = field(default=32, metadata={"help": "Side of a cell in pixels."})
    line_width: int | None = field(
        default=None, metadata={"help": "Width of the solution line in pixels; a third of a cell when left out."}
    )
    algorithm: Literal["wilson", "dfs"] = field(
        default="wilson",
        metadata={"help": "wilson draws every maze with the same chance; dfs carves depth-first as the benchmark does "
                          "and can make only few different mazes (14 of size 7)."},
    )  # fmt: skip
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
        width = self.line_width
        if width is not None and not 1 <= width <= self.cell_px // 2:
            raise UsageProblem(f"--line-width {width}: must be from 1 to half a cell ({self.cell_px // 2})")
        if self.clip is not None and clip_cell(self.size, self.clip) < MIN_CELL_PX:
            raise UsageProblem(
                f"--clip-size {self.clip.size[0]}x{self.clip.size[1]}: {self.size} cells a side leave "
                f"{clip_cell(self.size, self.clip)} pixels a cell, fewer than {MIN_CELL_PX}: take a larger clip"
            )


class SquareMaze:
    """The family; see ``vtb.puzzles.family.Family``."""

    name = "maze_square"
    group = "maze"
    version = 1
    config_class = Config
    palette = square_grid.PALETTE

    def sample(self, rng: random.Random, config: Config) -> dict[str, Any]:
        """A maze, its two ends and the one path between them."""
        side = config.size // 2
        tree = (wilson if config.algorithm == "wilson" else depth_first)(rng, side, side)
        start, goal = _ends(rng, side * side, config.endpoints)
        cells = path_cells(path(tree, start, goal), side)
        return {
            "grid_size": [config.size, config.size],
            "cell_size": config.cell_px,
            "line_width": config.line_width or max(2, config.cell_px // 3),
            "algorithm": config.algorithm,
            "canvas_dimensions": [config.size * config.cell_px] * 2,
            "padding": [0, 0, 0, 0],
            "maze_grid": grid_of(tree, side).tolist(),
            "start": list(cells[0]),
            "goal": list(cells[-1]),
            "start_point": centre(cells[0], config.cell_px),
            "goal_point": centre(cells[-1], config.cell_px),
            "solution_path_cell_ids": [r * config.size + c for r, c in cells],
            "clip": clip_record(config.clip, config.size, config.cell_px) if config.clip else None,
        }

    def validate(self, record: Record) -> None:
        """Sizes within bounds, a 0/1 grid of that size, and all points inside canvas and clip."""
        square_grid.validate_grid(record)
        if record.get("clip"):
            clip_box.validate_clip(record["clip"], *record["grid_size"])

    def identity(self, record: Record) -> str:
        """Walls and the two ends, whichever comes first: they look the same."""
        walls = "/".join("".join(map(str, row)) for row in record["maze_grid"])
        ends = sorted([tuple(record["start"]), tuple(record["goal"])])
        return hashlib.sha256(f"{self.name} {walls} {ends}".encode()).hexdigest()

    def difficulty(self, record: Record) -> dict[str, float]:
        """Side, cells on the path, its turns, and the dead ends of the maze."""
        ids = record["solution_path_cell_ids"]
        steps = [b - a for a, b in itertools.pairwise(ids)]
        grid = np.asarray(record["maze_grid"])
        open_ = np.pad(grid == 0, 1)
        exits = open_[:-2, 1:-1].astype(int) + open_[2:, 1:-1] + open_[1:-1, :-2] + open_[1:-1, 2:]
        return {
            "size": record["grid_size"][0],
            "path_length": len(ids),
            "turns": sum(a != b for a, b in itertools.pairwise(steps)),
            "dead_ends": int(((exits == 1) & (grid == 0)).sum()),
        }

    def draw_puzzle(self, record: Record) -> Picture:
        """Walls, passages and the two marks."""
        return draw_grid(record, record["cell_size"])

    def draw_solution(self, record: Record) -> Picture:
        """The puzzle with the path through the centres of its cells."""
        picture = self.draw_puzzle(record)
        canvas.polyline(picture, path_points(record, record["cell_size"]), PATH, record["line_width"])
        return picture

    def draw_reasoning(self, record: Record, puzzle: Image | None = None) -> Image:
        """The puzzle with the ID of every open cell printed on it in blue."""
        cell, cols = record["cell_size"], record["grid_size"][1]
        image = canvas.to_rgb(self.draw_puzzle(record), self.palette) if puzzle is None else puzzle.copy()
        ids = np.zeros(image.shape[:2], np.uint8)
        left, top = record["padding"][:2]
        for r, c in zip(*np.nonzero(np.asarray(record["maze_grid"]) == 0), strict=True):
            x, y = centre((r, c), cell)
            canvas.print_centred(ids, str(r * cols + c), (x + left, y + top), 1, cell)
        image[ids > 0] = PRINT
        return image

    def draw_frames(self, record: Record) -> Iterator[Picture]:
        """The path growing at constant speed, then a hold of the final state; one array, drawn further each time."""
        clip = record["clip"]
        box, cell, frames = letterbox(clip), clip["cell_size"], clip["frames"]
        picture = np.full((clip["size"][1], clip["size"][0]), PASSAGE, np.uint8)
        maze = draw_grid(record, cell)
        picture[box.top : box.top + maze.shape[0], box.left : box.left + maze.shape[1]] = maze
        points = [(x + box.left, y + box.top) for x, y in path_points(record, cell)]
        width = max(2, round(record["line_width"] * box.scale))
        yield picture
        growing = frames - 1 - max(5, round(HOLD * frames)) if frames > 12 else frames - 2
        length = (len(points) - 1) * cell
        for number in range(1, frames):
            before, now = (min(length, length * (number - back) / growing) for back in (1, 0))
            if now > before:
                canvas.polyline(picture, stretch(points, cell, before, now), PATH, width)
            yield picture

    def ask(self, record: Record, modality: Modality) -> str:
        """The prompt of a modality."""
        return prompts.MAZE[modality]

    def answer(self, record: Record) -> str:
        """The IDs of the cells on the path, as a JSON list."""
        return str([int(cell) for cell in record["solution_path_cell_ids"]])

    def score_text(self, record: Record, text: str, puzzle: Image | None = None) -> Score:
        """The last list of IDs in the text, drawn as a path and judged like a picture."""
        ids = red_path.last_list(text)
        if ids is None:
            return Score(False, False, "no list of cells")
        image = canvas.to_rgb(self.draw_puzzle(record), self.palette) if puzzle is None else puzzle
        drawn = draw_ids(record, ids, image)
        if drawn is None:
            return Score(False, False, "no such cells", {"cells": len(ids)})
        return self.score_image(record, drawn, image)

    def draw_answer(self, record: Record, text: str, puzzle: Image) -> Image | None:
        """The path that a text names, or None where it names none."""
        ids = red_path.last_list(text)
        return None if ids is None else draw_ids(record, ids, puzzle)

    def score_image(self, record: Record, image: Image, puzzle: Image | None = None) -> Score:
        """A red path from mark to mark on no wall; a picture of another size is compared after scaling."""
        if puzzle is None:
            puzzle = canvas.to_rgb(self.draw_puzzle(record), self.palette)
        ends = red_path.Ends(tuple(record["start_point"]), tuple(record["goal_point"]), record["cell_size"])
        return red_path.judge(image, red_path.wall_mask(puzzle), ends)

    def score_frame(self, record: Record, frame: Image) -> Score:
        """The maze's part of a frame, judged like a picture at the size it has there."""
        clip = record["clip"]
        height, width = frame.shape[:2]
        x, y = width / clip["size"][0], height / clip["size"][1]
        box, side = letterbox(clip), clip["cell_size"] * record["grid_size"][0]
        top, left = round(box.top * y), round(box.left * x)
        part = frame[top : round((box.top + side) * y), left : round((box.left + side) * x)]
        walls = (draw_grid(record, clip["cell_size"]) == WALL).view(np.uint8)
        ends = red_path.Ends(tuple(record["start_point"]), tuple(record["goal_point"]), record["cell_size"])
        return red_path.judge(part, walls, ends.scaled(box.scale, box.scale))

    def distinct(self, config: Config) -> float | None:
        """How many different puzzles a configuration can make, or None where that is not known."""
        side = config.size // 2
        trees = count_uniform(side, side) if config.algorithm == "wilson" else count_depth_first(side, side)
        rooms = side * side
        return trees and (trees if config.endpoints == "corners" else trees * rooms * (rooms - 1) / 2)


def _ends(rng: random.Random, rooms: int, endpoints: str) -> tuple[int, int]:
    if endpoints == "corners":
        return 0, rooms - 1
    start = below(rng, rooms)
    goal = below(rng, rooms - 1)
    return start, goal + (goal >= start)


FAMILY = SquareMaze()
