"""Mazes on grids of cells with doors: what hexagon and circle mazes share.

A maze is the list of its open doors (``passages``), which form a spanning tree; start and goal are marked by red discs.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import ClassVar, Protocol, TypeVar

from msgspec.structs import replace

from vtb.media.image import Picture
from vtb.puzzles.blind import grid_rate
from vtb.puzzles.family import Clip, ClipRecord
from vtb.puzzles.maze.common.base import WALL, Maze
from vtb.puzzles.maze.common.grid import Form, form_of
from vtb.puzzles.maze.common.limits import fitting_scale, scaled_line, validate_layout, validate_maze, validate_scale
from vtb.puzzles.maze.common.line_clip import Point, clip_record, validate_clip
from vtb.puzzles.maze.common.record import GridRecord
from vtb.puzzles.maze.common.spanning_tree import (
    count_depth_first_on,
    count_uniform_on,
    depth_first_on,
    path,
    wilson_on,
)
from vtb.rng import below

G = TypeVar("G", bound=GridRecord)
DARK, LIGHT = (16, 16, 16), (240, 240, 240)


class GridConfig(Protocol):
    """What a configuration of these mazes has beside the lengths of its grid."""

    @property
    def algorithm(self) -> str:
        """``wilson`` or ``dfs``."""

    @property
    def clip(self) -> Clip | None:
        """The form of the clips, if any."""

    @property
    def form(self) -> Form:
        """The grid, with every length that was left out filled in."""

    @property
    def line(self) -> int:
        """Width of the solution line."""


class GridMaze(Maze[G]):
    """A family of such mazes.

    Attributes:
        form_class: its grids; a record has the same fields.
    """

    palette = (DARK, LIGHT, (220, 30, 30), (220, 0, 0))
    surroundings = WALL
    form_class: ClassVar[type[Form]]

    def form(self, record: G) -> Form:
        """The grid of a record."""
        return form_of(self.form_class, *(getattr(record, name) for name in self.form_class.fields()))

    def sample(self, rng: random.Random, config: GridConfig) -> G:
        """A maze, a start drawn at random, and the one path to the goal."""
        form = config.form
        tree = (wilson_on if config.algorithm == "wilson" else depth_first_on)(rng, form.graph, form.goal)
        start = form.starts[below(rng, len(form.starts))]
        return self.payload_class(
            **{name: getattr(form, name) for name in form.fields()},
            line_width=config.line,
            algorithm=config.algorithm,
            canvas_dimensions=form.size,
            cell_centres=list(form.points),
            passages=sorted((a, b) if a < b else (b, a) for a, b in enumerate(tree) if a != b),
            start_cell=start,
            goal_cell=form.goal,
            start_point=form.points[start],
            goal_point=form.points[form.goal],
            solution_path_cell_ids=path(tree, start, form.goal),
            clip=_clip_record(form, config.clip) if config.clip else None,
        )

    def validate(self, record: G) -> None:
        """A grid within bounds, doors between neighbours, and all points inside canvas and clip."""
        form = self.form(record)
        validate_layout(record, form)
        validate_maze(record, form)
        if record.clip:
            scale = validate_scale(record.clip.scale, form)
            validate_clip(record.clip, *form.scaled(scale).size)

    def _numbers(self) -> list[str]:
        """The fields that say which grid it is, at whatever size."""
        return [name for name in self.form_class.fields() if name not in self.form_class.lengths]

    def identity(self, record: G) -> str:
        """Grid, open doors, and the two ends, whichever comes first: they look the same."""
        grid = [getattr(record, name) for name in self._numbers()]
        doors = sorted(map(tuple, record.passages))
        ends = sorted([record.start_cell, record.goal_cell])
        return hashlib.sha256(f"{self.name} {grid} {doors} {ends}".encode()).hexdigest()

    def difficulty(self, record: G) -> dict[str, float]:
        """Numbers that describe the grid, cells on the path, its turns, and the dead ends of the maze."""
        ids, form = record.solution_path_cell_ids, self.form(record)
        steps = [form.heading(a, b) for a, b in itertools.pairwise(ids)]
        exits = Counter(itertools.chain.from_iterable(record.passages))
        return {
            **{name: getattr(record, name) for name in self._numbers()},
            "path_length": len(ids),
            "turns": sum(a != b for a, b in itertools.pairwise(steps)),
            "dead_ends": sum(count == 1 for count in exits.values()),
        }

    def blind(self, record: G) -> float | None:
        """By the ends."""
        size, *segments = (getattr(record, name) for name in self._numbers())
        return grid_rate(self.name, size, record.algorithm, segments[0] if segments else None)

    def distinct(self, config: GridConfig) -> float | None:
        """How many different puzzles a configuration can make, or None where that is not known."""
        form = config.form
        uniform = config.algorithm == "wilson"
        trees = count_uniform_on(form.graph) if uniform else count_depth_first_on(form.graph, form.goal)
        return trees and trees * len(form.starts)

    def draw_puzzle(self, record: G) -> Picture:
        """Walls, passages and the two marks."""
        return self.form(record).draw(record.passages, (record.start_cell, record.goal_cell))

    def in_clip(self, record: G) -> G:
        """The record with the lengths and points that it has in its clip, where the maze starts at (0, 0)."""
        assert record.clip is not None
        scale = record.clip.scale
        lengths = {name: getattr(record, name) * scale for name in self.form_class.lengths}
        small = replace(record, **lengths, line_width=scaled_line(record.line_width, scale))
        points = self.form(small).points
        return replace(small, start_point=points[record.start_cell], goal_point=points[record.goal_cell])

    def cell_count(self, record: G) -> int:
        """Every cell has an ID."""
        return self.form(record).cell_count

    def leads(self, record: G, cells: Sequence[int]) -> bool:
        """By the open doors."""
        doors = set(record.passages)
        return all((min(pair), max(pair)) in doors for pair in itertools.pairwise(cells))

    def line(self, record: G, cells: Sequence[int]) -> list[Point]:
        """As the grid bends it."""
        return self.form(record).line(cells)

    def labels(self, record: G) -> Iterator[tuple[int, Point, int]]:
        """Every cell."""
        form = self.form(record)
        for cell in range(form.cell_count):
            yield cell, form.points[cell], form.label_width(cell)

    def answer_width(self, record: G) -> int:
        """That of the solution, which fits through every door."""
        return int(record.line_width)


def _clip_record(form: Form, clip: Clip) -> ClipRecord:
    scale = fitting_scale(form, clip)
    return clip_record(clip, *form.scaled(scale).size, scale)
