"""Options of hexagon and circle mazes: each takes effect, and what cannot be drawn is refused by its name."""

from __future__ import annotations

from typing import Any

import pytest

from shared.puzzles.maze.grid_mazes import ANY, MODULES, make
from vtb.errors import UsageProblem
from vtb.puzzles.family import Clip
from vtb.puzzles.maze.common.base import WALL

# Of every option another value than usual.
OTHER: dict[str, dict[str, Any]] = {
    "maze_hexagon": {
        "radius": 3, "cell_radius": 20, "wall_thickness": 4, "line_width": 5, "algorithm": "dfs", "clip": Clip(9),
    },
    "maze_circle": {
        "rings": 4, "segments": 12, "ring_width": 30, "wall_thickness": 4, "inner_radius": 120, "line_width": 5,
        "algorithm": "dfs", "clip": Clip(9),
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "option"), [(name, option) for name in sorted(MODULES) for option in sorted(ANY[name])]
)
def test_every_option_takes_effect(name: str, option: str) -> None:
    family = MODULES[name].FAMILY
    usual, other = make(name, 3), make(name, 3, **{option: OTHER[name][option]})
    if option == "clip":
        assert (usual.clip, other.clip.frames) == (None, 9)
        return
    one, two = family.draw_solution(usual), family.draw_solution(other)
    assert one.shape != two.shape or (one != two).any()


@pytest.mark.parametrize("name", sorted(MODULES))
def test_walls_are_as_thick_as_asked(name: str) -> None:
    draw = MODULES[name].FAMILY.draw_puzzle
    shares = [(draw(make(name, wall_thickness=wall)) == WALL).mean() for wall in (2, 4, 6, 8)]
    assert shares == sorted(set(shares))


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("maze_hexagon", {"radius": 0}, "--radius 0: .* 1 to 20"),
        ("maze_hexagon", {"radius": 21}, "--radius 21"),
        ("maze_hexagon", {"cell_radius": 7}, "--cell-radius 7: .* 8 to 256"),
        ("maze_hexagon", {"cell_radius": 257}, "--cell-radius 257"),
        (
            "maze_hexagon",
            {"cell_radius": 8},
            "--cell-radius 8: the narrowest passage has 6.0 pixels, and a line of 3 needs 9",
        ),
        ("maze_hexagon", {"wall_thickness": 1}, "--wall-thickness 1: must be from 2 to half of --cell-radius"),
        ("maze_hexagon", {"wall_thickness": 15}, "--wall-thickness 15"),
        ("maze_hexagon", {"line_width": 2}, "--line-width 2: must be from 3"),
        (
            "maze_hexagon",
            {"line_width": 14, "wall_thickness": 14},
            "--cell-radius 28: the narrowest passage .* smaller --wall-thickness",
        ),
        (
            "maze_hexagon",
            {"radius": 20, "cell_radius": 128},
            "--cell-radius 128: a picture of 79.*x91.* pixels, at most 4096",
        ),
        (
            "maze_hexagon",
            {"clip": Clip(81, 16, (96, 480))},
            "--clip-size 96x480: the narrowest passage .* take a larger clip",
        ),
        (
            "maze_hexagon",
            {"cell_radius": 64, "wall_thickness": 2, "clip": Clip(81, 16, (320, 320))},
            "--clip-size 320x320: walls of 0.6",
        ),
        ("maze_circle", {"rings": 0}, "--rings 0: .* 1 to 20"),
        ("maze_circle", {"rings": 21}, "--rings 21"),
        ("maze_circle", {"segments": 2}, "--segments 2: .* 3 to 72"),
        ("maze_circle", {"segments": 73}, "--segments 73"),
        ("maze_circle", {"ring_width": 7}, "--ring-width 7: .* 8 to 256"),
        (
            "maze_circle",
            {"ring_width": 10},
            "--ring-width 10: the narrowest passage has 8.0 pixels, and a line of 3 needs 9",
        ),
        ("maze_circle", {"wall_thickness": 1}, "--wall-thickness 1: must be from 2 to half of --ring-width"),
        ("maze_circle", {"wall_thickness": 19}, "--wall-thickness 19"),
        ("maze_circle", {"line_width": 2}, "--line-width 2: must be from 3"),
        ("maze_circle", {"inner_radius": 3}, "--inner-radius 3: .* 4 to 2048"),
        (
            "maze_circle",
            {"inner_radius": 30},
            "--ring-width 36: the narrowest passage has 3.4 pixels, .* larger .* --inner-radius",
        ),
        ("maze_circle", {"rings": 20, "ring_width": 128}, "--ring-width 128: a picture of 59.* pixels, at most 4096"),
        (
            "maze_circle",
            {"clip": Clip(81, 16, (96, 480))},
            "--clip-size 96x480: the narrowest passage .* take a larger clip",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(name: str, options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageProblem, match=says):
        MODULES[name].Config(**options)
