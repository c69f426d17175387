"""Whether a puzzle of ours is one of a benchmark's, as far as the benchmark's records tell."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Sequence
from typing import Any

from vtb.benchmarks.videothinkbench.grid_key import NUMBERS, path_key
from vtb.puzzles.eyeballing.common.record import EyeballingRecord
from vtb.tasks.example import Example
from vtb.tasks.task import Task


def overlap_key(task: Task[Any], example: Example) -> str | None:
    """A hash that two examples share when they are the same puzzle; None where a record does not tell.

    Square mazes are known by all that makes them, eyeballing puzzles by the places of their candidates, hexagon and
    circle mazes by grid and path (the benchmark's records have no walls), ARC tasks by their output. The benchmark's
    records of visual puzzles say nothing of their parts.
    """
    record = example.payload
    if task.name in NUMBERS:
        return path_key(task.name, record) if record.solution_path_cell_ids else None
    if task.group == "arc":
        return hashlib.sha256(f"{task.name} {json.dumps(record.test_output)}".encode()).hexdigest()
    if task.group == "eyeballing":
        return _cell_key(task.name, _cells(record))
    if task.group == "visual" and not example.ours:
        return None
    return task.identity(record)


def overlap_keys(task: Task[Any], example: Example) -> set[str]:
    """The keys by which any puzzle that equals this one, or nearly, is known; empty where the record does not tell.

    Places in a benchmark's record are whole pixels, or read off its picture: each may fall into the cell beside.
    """
    if task.group != "eyeballing":
        key = overlap_key(task, example)
        return {key} if key else set()
    cells = _cells(example.payload)
    steps = itertools.product((-1, 0, 1), repeat=len(cells))
    return {_cell_key(task.name, [a + b for a, b in zip(cells, step, strict=True)]) for step in steps}


def _cells(record: EyeballingRecord) -> list[int]:
    """Where the right candidate lies and the middle of all five, in two-hundredths of the width.

    Two puzzles agree in these four numbers by chance once in some 50,000 pairs.
    """
    width, right = record.canvas_dimensions[0], record.correct_option
    places = [(candidate.x, candidate.y) for candidate in record.candidates]
    x, y = next((candidate.x, candidate.y) for candidate in record.candidates if candidate.label == right)
    means = (sum(values) / len(places) for values in zip(*places, strict=True))
    return [math.floor(200 * value / width) for value in (x, y, *means)]


def _cell_key(name: str, cells: Sequence[int]) -> str:
    return hashlib.sha256(f"{name} {list(cells)}".encode()).hexdigest()
