"""Records of hexagon and circle mazes that make no sense are refused."""

from __future__ import annotations

import math
from typing import Any

import pytest

from shared.puzzles.damaged import decoded, from_folder, plain
from shared.puzzles.maze.grid_mazes import (
    MODULES,
    SMALL,
    make,
)
from vtb.errors import BadInput
from vtb.puzzles.family import Clip

both = pytest.mark.parametrize("name", sorted(MODULES))
CLIP = Clip(9, 16, (192, 160))


BROKEN: dict[str, Any] = {
    "no doors": {"passages": []},
    "a door to itself": {"passages": [[1, 1]]},
    "a door that is no pair": {"passages": [[0, 1, 2]]},
    "a door twice": {"passages": [[0, 1], [0, 1]]},
    "a door outside": {"passages": [[0, 10**6]]},
    "words for doors": {"passages": "01"},
    "no path": {"solution_path_cell_ids": []},
    "a path outside": {"solution_path_cell_ids": [0, 10**6]},
    "a path of words": {"solution_path_cell_ids": ["0", "1"]},
    "a start outside": {"start_cell": 10**6},
    "a start that is true": {"start_cell": True},
    "a start point elsewhere": {"start_point": [0, 0]},
    "a goal point at infinity": {"goal_point": [math.inf, 1]},
    "other centres": {"cell_centres": [[1, 1]]},
    "another canvas": {"canvas_dimensions": [10, 10]},
    "an absurd line": {"line_width": 10**6},
    "absurd walls": {"wall_thickness": 10**9},
    "no walls": {"wall_thickness": 0},
    "thick walls": {"wall_thickness": 20},
}
FORM_BROKEN = {
    "maze_hexagon": [{"radius": 10**9}, {"radius": 0}, {"cell_radius": 10**6}, {"cell_radius": 0.5}, {"radius": 3}],
    "maze_circle": [
        {"rings": 10**9}, {"segments": 10**9}, {"segments": 2}, {"ring_width": -4}, {"inner_radius": "3"}, {"rings": 4},
    ],
}  # fmt: skip


@both
def test_nonsense_is_refused(name: str) -> None:
    fields = plain(make(name, **SMALL[name]))
    decoded(name, fields)
    for change in (*BROKEN.values(), *FORM_BROKEN[name]):
        with pytest.raises(BadInput):
            decoded(name, {**fields, **change})


@both
@pytest.mark.parametrize(
    "change",
    [
        {"size": [10**6, 10**6]}, {"size": [16, 16]}, {"offset": [200, 0]}, {"offset": [-1, 0]}, {"frames": 10**9},
        {"frames": 0}, {"scale": 0}, {"scale": 1e-9}, {"scale": 100},
    ],
)  # fmt: skip
def test_a_clip_that_does_not_hold_the_maze_is_refused(name: str, change: dict[str, Any]) -> None:
    fields = plain(make(name, **SMALL[name], clip=CLIP))
    decoded(name, fields)
    with pytest.raises(BadInput, match="clip"):
        decoded(name, {**fields, "clip": {**fields["clip"], **change}})


@both
@pytest.mark.parametrize("scale", [math.inf, math.nan])
def test_a_clip_at_a_scale_that_is_no_number_is_refused(name: str, scale: float) -> None:
    fields = plain(make(name, **SMALL[name], clip=CLIP))
    with pytest.raises(BadInput, match="clip"):
        from_folder(name, {**fields, "clip": {**fields["clip"], "scale": scale}})
    with pytest.raises(BadInput):
        decoded(name, {**fields, "clip": {**fields["clip"], "scale": scale}})
