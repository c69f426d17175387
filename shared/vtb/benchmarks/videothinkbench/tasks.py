"""Who asks and scores the benchmark's puzzles: the families, and where their records lack geometry, pictures."""

from __future__ import annotations

import functools
from typing import Any

from vtb.benchmarks.videothinkbench.arc import ArcByPicture
from vtb.benchmarks.videothinkbench.maze import GridMazeByPicture
from vtb.benchmarks.videothinkbench.visual import VisualByPicture
from vtb.puzzles.family import Family
from vtb.puzzles.registry import families
from vtb.tasks.task import Task

GRIDS = ("maze_hexagon", "maze_circle")


@functools.cache
def tasks() -> dict[str, Task[Any]]:
    """Every task by name; eyeballing puzzles and square mazes are judged as our own."""
    return {name: _task(family) for name, family in families().items()}


def _task(family: Family[Any]) -> Task[Any]:
    if family.name in GRIDS:
        return GridMazeByPicture(family)
    if family.group == "visual":
        return VisualByPicture(family)
    return ArcByPicture(family) if family.group == "arc" else family
