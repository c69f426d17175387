"""Which family a task of the benchmark belongs to, whatever it is called there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vtb.errors import BadInput
from vtb.puzzles.registry import families

ALIASES = {
    "maze": "maze_square", "square_maze": "maze_square", "square": "maze_square",
    "hexagon_maze": "maze_hexagon", "hexagon": "maze_hexagon", "hex_maze": "maze_hexagon", "maze_hex": "maze_hexagon",
    "circle_maze": "maze_circle", "labyrinth": "maze_circle", "maze_labyrinth": "maze_circle", "circle": "maze_circle",
    "point_reflection": "reflection", "arcagi": "arc_agi_2", "arc_agi": "arc_agi_2", "arcagi2": "arc_agi_2",
}  # fmt: skip
# Where the task is not named, a field that only its records have.
FIELDS = {
    "maze_grid": "maze_square",
    "segments": "maze_circle",
    "cell_radius": "maze_hexagon",
    "placements": "arc_agi_2",
}


class UnknownTask(BadInput):
    """A task for which there is no family here."""


def family_name(record: Mapping[str, Any], task: str | None) -> str:
    """The name of the family of a record.

    Args:
        record: as its maker wrote it.
        task: what the record's folder or its row is called, if anything.

    Raises:
        UnknownTask: no family here has such puzzles.
    """
    for field, name in FIELDS.items():
        if field in record:
            return name
    named = [word for word in (record.get("task"), task, record.get("type")) if isinstance(word, str)]
    named.append(str(record.get("id", "")).rpartition("-")[0])
    for word in named:
        plain = word.strip().lower().replace("-", "_").replace(" ", "_")
        for name in (plain, ALIASES.get(plain, ""), f"visual_{plain}"):
            if name in families():
                return name
    raise UnknownTask(
        f"record {record.get('id')!r} is of task {next(iter(named), '')!r}, which no family here has: leave it out"
    )
