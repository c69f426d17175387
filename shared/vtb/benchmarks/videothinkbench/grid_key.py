"""Hexagon and circle mazes of the benchmark are known by grid and path: their records have no walls."""

from __future__ import annotations

import hashlib
from typing import Any

# The fields that say which grid a family's maze is on.
NUMBERS = {"maze_hexagon": ("radius",), "maze_circle": ("rings", "segments")}


def path_key(name: str, record: Any) -> str:
    """Grid and path, whichever end comes first."""
    grid = [getattr(record, field) for field in NUMBERS[name]]
    ids = [int(cell) for cell in record.solution_path_cell_ids]
    return hashlib.sha256(f"{name} {grid} {min(ids, ids[::-1])}".encode()).hexdigest()
