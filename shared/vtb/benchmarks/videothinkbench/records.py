"""From records that others made to records of ours, and who judges them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from vtb.benchmarks.videothinkbench import arc, arcs, eyeballing, maze, visual
from vtb.benchmarks.videothinkbench.names import family_name
from vtb.media.image import Image
from vtb.puzzles.family import Family, find_family

GetImage = Callable[[], Image]
GRIDS = ("maze_hexagon", "maze_circle")


def judge_of(family: Family) -> Family:
    """Who judges a family's puzzles when others made them; eyeballing and square mazes are judged as our own."""
    if family.name in GRIDS:
        return maze.GridMazeByPicture(family)
    if family.group == "visual":
        return visual.VisualByPicture(family)
    return arc.ArcByPicture(family) if family.group == "arc" else family


def as_ours(record: Mapping[str, Any], task: str | None, puzzle: Image, solution: GetImage) -> dict[str, Any]:
    """A record of the benchmark or of the VLMPuzzle tools with the fields of ours that follow from it.

    Args:
        record: as its maker wrote it.
        task: what its folder or row is called.
        puzzle: its picture.
        solution: gives the picture of its solution; visual puzzles need it, as does everything without geometry.

    Raises:
        BadInput: a task that no family here has, or pictures that do not show what they should.
        KeyError, TypeError, ValueError: a record that is not what it says.
    """
    if "family" in record:
        return dict(record)
    name = arcs.version_of(family_name(record, task), record, puzzle)
    family = find_family(name)
    found = _known(name, family.group, dict(record), puzzle, solution)
    prompt = record.get("gpt5_prompt") or record.get("prompt")
    named = {"family": name, "task": name, "task_group": family.group, "foreign": True}
    return {**found, **named, **({"given_prompt": prompt} if prompt else {})}


def _known(name: str, group: str, record: dict[str, Any], puzzle: Image, solution: GetImage) -> dict[str, Any]:
    """The fields of ours; what the record does not hold is read off its pictures."""
    if name == "maze_square":
        return maze.square_as_ours(record if "maze_grid" in record else {**record, **maze.read_square(puzzle)})
    if name in GRIDS:
        ends = {} if "start_point" in record else maze.read_grid(name, puzzle)
        return {"solution_path_cell_ids": [], **record, **ends, "clip": None}
    if group == "visual":
        return visual.as_ours(record, puzzle, solution())
    if group == "arc":
        seen = {} if "placements" in record else arc.read_pictures(puzzle, solution())
        return arc.as_ours({**record, **seen}, puzzle)
    if "candidates" not in record:
        record = {**record, **eyeballing.read_pictures(name, puzzle, solution())}
    elif name == "arc_connect":
        record = arcs.arcs_as_points(record, puzzle)
    return eyeballing.as_ours(record)
