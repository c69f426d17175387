"""Records of square mazes that make no sense are refused."""

from __future__ import annotations

import math
from typing import Any

import pytest

from shared.puzzles.damaged import decoded, from_folder, plain
from shared.puzzles.maze.square_mazes import make
from vtb.errors import BadInput
from vtb.puzzles.family import Clip
from vtb.puzzles.maze.square import FAMILY

CLIP = Clip(9, 16, (160, 128))


BROKEN: dict[str, dict[str, Any]] = {
    "no grid": {"maze_grid": None},
    "a grid of another size": {"maze_grid": [[1, 1], [1, 1]]},
    "a ragged grid": {"maze_grid": [[1, 1, 1], [1]]},
    "a grid of other numbers": {"maze_grid": [[2] * 9] * 9},
    "a grid of words": {"maze_grid": [["x"] * 9] * 9},
    "a grid of fractions": {"maze_grid": [[0.5] * 9] * 9},
    "an absurd size": {"grid_size": [10**9, 10**9]},
    "a negative size": {"grid_size": [-9, 9]},
    "one number for the size": {"grid_size": 9},
    "an absurd cell": {"cell_size": 10**6},
    "no cell": {"cell_size": 0},
    "an absurd canvas": {"canvas_dimensions": [10**6, 10]},
    "an empty canvas": {"canvas_dimensions": [0, 0]},
    "no path": {"solution_path_cell_ids": []},
    "a path outside": {"solution_path_cell_ids": [10, 81]},
    "a path of words": {"solution_path_cell_ids": ["10", "11"]},
    "a start outside": {"start": [9, 1]},
    "a negative goal": {"goal": [-1, 1]},
    "a start point at infinity": {"start_point": [math.inf, 1]},
    "a goal point that is no number": {"goal_point": [math.nan, 1]},
    "an absurd line": {"line_width": 10**6},
    "an absurd padding": {"padding": [10**12, 0, 0, 0]},
}


def test_a_maze_too_large_to_be_drawn_is_refused() -> None:
    fields = {**plain(make(size=101)), "canvas_dimensions": [16384, 16384]}
    decoded(FAMILY.name, {**fields, "cell_size": 162})
    with pytest.raises(BadInput, match="101x101 cells of 163 pixels cannot be drawn"):
        decoded(FAMILY.name, {**fields, "cell_size": 163})


@pytest.mark.parametrize("what", BROKEN)
def test_nonsense_is_refused(what: str) -> None:
    record = make(size=9)
    assert decoded(FAMILY.name, plain(record)) == record
    with pytest.raises(BadInput):
        decoded(FAMILY.name, {**plain(record), **BROKEN[what]})


@pytest.mark.parametrize(
    "change",
    [
        {"size": [10**6, 10**6]},
        {"offset": [200, 0]},
        {"offset": [-1, 0]},
        {"cell_size": 0},
        {"cell_size": 100},
        {"frames": 10**9},
        {"frames": 0},
    ],
)
def test_a_clip_that_does_not_hold_the_maze_is_refused(change: dict[str, Any]) -> None:
    fields = plain(make(size=9, clip=CLIP))
    with pytest.raises(BadInput, match="clip"):
        decoded(FAMILY.name, {**fields, "clip": {**fields["clip"], **change}})


@pytest.mark.parametrize("scale", [math.inf, math.nan])
def test_a_clip_at_a_scale_that_is_no_number_is_refused(scale: float) -> None:
    fields = plain(make(size=9, clip=CLIP))
    with pytest.raises(BadInput, match="clip"):
        from_folder(FAMILY.name, {**fields, "clip": {**fields["clip"], "scale": scale}})
    with pytest.raises(BadInput):
        decoded(FAMILY.name, {**fields, "clip": {**fields["clip"], "scale": scale}})
