"""Every option of every family: what a user may type for it, and one value that is not the default.

A field that is missing here fails the tests, so a new option cannot be forgotten.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from hypothesis import strategies as st

from shared.puzzles.maze.grid_mazes import ANY
from vtb.formats.arc import ArcTask
from vtb.puzzles.family import Clip
from vtb.puzzles.registry import families, find_family

Strategies = dict[str, st.SearchStrategy[Any]]
GRIDS = st.integers(1, 6).flatmap(
    lambda wide: st.lists(st.tuples(*[st.integers(0, 9)] * wide), min_size=1, max_size=6).map(tuple)
)
PAIRS = st.tuples(GRIDS, GRIDS)
TASKS = st.builds(ArcTask, st.just("any"), st.lists(PAIRS, min_size=1, max_size=3).map(tuple), PAIRS)
SIDES = st.integers(5, 20).map(lambda n: 32 * n)
CLIPS = st.none() | st.builds(Clip, st.sampled_from([5, 9, 13, 17]), st.just(16), st.tuples(SIDES, SIDES))
SAMPLINGS = st.sampled_from(["fair", "videothinkbench"])

# Whatever a user may type, a little beyond every bound.
TYPED: dict[str, Strategies] = {
    "maze_square": {
        "size": st.integers(3, 33), "cell_px": st.integers(4, 40), "line_width": st.none() | st.integers(0, 21),
        "algorithm": st.sampled_from(["wilson", "dfs"]), "endpoints": st.sampled_from(["corners", "random"]),
        "clip": CLIPS,
    },
    "maze_hexagon": {**ANY["maze_hexagon"], "clip": CLIPS},
    "maze_circle": {**ANY["maze_circle"], "clip": CLIPS},
    "eyeballing": {
        "width": st.integers(240, 1100), "aspect": st.floats(0.45, 2.1), "point_radius": st.integers(5, 25),
        "line_width": st.integers(0, 13), "distractor_distance": st.floats(0.9, 2.1), "sampling": SAMPLINGS,
        "clip": CLIPS,
    },
    "visual": {
        "target_size": st.tuples(st.integers(160, 900), st.integers(160, 900)), "sampling": SAMPLINGS,
        "choices": st.sampled_from(["benchmark", "always", "never"]), "colors": st.integers(5, 11), "clip": CLIPS,
    },
    "arc": {
        "task": st.none() | TASKS, "cell_px": st.integers(5, 66), "max_side": st.integers(300, 1300), "clip": CLIPS,
    },
}  # fmt: skip

# One other value of every option.
OTHER: dict[str, dict[str, Any]] = {
    "maze_square": {
        "size": 11, "cell_px": 24, "line_width": 4, "algorithm": "dfs", "endpoints": "random", "clip": Clip(5),
    },
    "maze_hexagon": {
        "radius": 3, "cell_radius": 30, "wall_thickness": 4, "line_width": 5, "algorithm": "dfs", "clip": Clip(5),
    },
    "maze_circle": {
        "rings": 4, "segments": 12, "ring_width": 40, "wall_thickness": 5, "inner_radius": 130, "line_width": 4,
        "algorithm": "dfs", "clip": Clip(5),
    },
    "eyeballing": {
        "width": 640, "aspect": 1.5, "point_radius": 14, "line_width": 3, "distractor_distance": 1.4,
        "sampling": "videothinkbench", "clip": Clip(5),
    },
    "visual": {
        "target_size": (512, 512), "sampling": "videothinkbench", "choices": "always", "colors": 10, "clip": Clip(5),
    },
    "arc": {
        "task": ArcTask("other", ((((1, 2),), ((2, 1),)),), (((3, 4),), ((4, 3),))), "cell_px": 20, "max_side": 400,
        "clip": Clip(5),
    },
}  # fmt: skip

NO_CHOICE = "each arrangement of its points is as likely under both"
# Options without an effect on some families, and why; a test sees that they have none.
WITHOUT_EFFECT: dict[tuple[str, str], str] = {
    **{(name, "sampling"): NO_CHOICE for name in (
        "arc_connect", "arc_connect_point_ver", "circle_tangent_point", "right_triangle", "square_outlier")},
    ("visual_color_size", "colors"): "it has its own colors",
    ("visual_color_overlap_squares", "colors"): "it has its own colors",
}  # fmt: skip


def key_of(name: str) -> str:
    """The key of a family in the tables: mazes have their own options, the others those of their group."""
    return name if name in TYPED else find_family(name).group


def fields_of(name: str) -> list[str]:
    """The options of a family."""
    return [field.name for field in dataclasses.fields(find_family(name).config_class)]


EVERY = [(name, field) for name in sorted(families()) for field in fields_of(name)]
