"""Whether a puzzle of ours is one of a benchmark's, as far as the benchmark's records tell."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Sequence

from vtb.benchmarks.videothinkbench.grid_key import NUMBERS, path_key
from vtb.puzzles.family import Record, family_of


def overlap_key(record: Record) -> str | None:
    """A hash that two records share when they are the same puzzle; None where a record does not tell.

    Square mazes are known by all that makes them, eyeballing puzzles by the places of their candidates, hexagon and
    circle mazes by grid and path (the benchmark's records have no walls), ARC tasks by their output. The benchmark's
    records of visual puzzles say nothing of their parts.
    """
    family = family_of(record)
    if family.name in NUMBERS:
        return path_key(family.name, record) if record["solution_path_cell_ids"] else None
    if family.group == "arc":
        return hashlib.sha256(f"{family.name} {json.dumps(record['test_output'])}".encode()).hexdigest()
    if family.group == "eyeballing":
        return _cell_key(family.name, _cells(record))
    if family.group == "visual" and record.get("foreign"):
        return None
    return family.identity(record)


def overlap_keys(record: Record) -> set[str]:
    """The keys by which any puzzle that equals this one, or nearly, is known; empty where the record does not tell.

    Places in a benchmark's record are whole pixels, or read off its picture: each may fall into the cell beside.
    """
    if family_of(record).group != "eyeballing":
        key = overlap_key(record)
        return {key} if key else set()
    cells = _cells(record)
    steps = itertools.product((-1, 0, 1), repeat=len(cells))
    return {_cell_key(family_of(record).name, [a + b for a, b in zip(cells, step, strict=True)]) for step in steps}


def _cells(record: Record) -> list[int]:
    """Where the right candidate lies and the middle of all five, in two-hundredths of the width.

    Two puzzles agree in these four numbers by chance once in some 50,000 pairs.
    """
    width, right = record["canvas_dimensions"][0], record["correct_option"]
    places = [(entry["x"], entry["y"]) for entry in record["candidates"]]
    x, y = next((entry["x"], entry["y"]) for entry in record["candidates"] if entry["label"] == right)
    means = (sum(values) / len(places) for values in zip(*places, strict=True))
    return [math.floor(200 * value / width) for value in (x, y, *means)]


def _cell_key(name: str, cells: Sequence[int]) -> str:
    return hashlib.sha256(f"{name} {list(cells)}".encode()).hexdigest()
