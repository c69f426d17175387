"""Whether a puzzle of ours is one of a benchmark's, as far as the benchmark's records tell."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from vtb.puzzles.family import Record, family_of

NUMBERS = {"maze_hexagon": ("radius",), "maze_circle": ("rings", "segments")}


def overlap_key(record: Record) -> str | None:
    """A hash that two records share when they are the same puzzle; None where a record does not tell.

    Square mazes and eyeballing puzzles are known by all that makes them; hexagon and circle mazes by board and path,
    since the benchmark's records have no walls; ARC tasks by their output; visual puzzles of the benchmark say nothing
    of their parts.
    """
    family = family_of(record)
    if family.name in NUMBERS:
        return path_key(family.name, record) if record["solution_path_cell_ids"] else None
    if family.group == "arc":
        return hashlib.sha256(f"{family.name} {json.dumps(record['test_output'])}".encode()).hexdigest()
    if family.group == "visual" and record.get("foreign"):
        return None
    return family.identity(record)


def path_key(name: str, record: Any) -> str:
    """Board and path, whichever end comes first."""
    board = [record.get(field) for field in NUMBERS[name]]
    ids = [int(cell) for cell in record["solution_path_cell_ids"]]
    return hashlib.sha256(f"{name} {board} {min(ids, ids[::-1])}".encode()).hexdigest()
