"""What the tests of hexagon and circle mazes share: finding paths by search, and random configurations."""

from __future__ import annotations

from collections import deque
from typing import Any

from hypothesis import strategies as st

from vtb.errors import UsageProblem
from vtb.media.image import Image, to_rgb
from vtb.puzzles.family import Clip
from vtb.puzzles.maze import circle, hexagon
from vtb.rng import sample_rng

MODULES: dict[str, Any] = {"maze_hexagon": hexagon, "maze_circle": circle}
SMALL: dict[str, dict[str, Any]] = {
    "maze_hexagon": {"radius": 2, "cell_radius": 14},
    "maze_circle": {"rings": 3, "segments": 7, "ring_width": 15},
}


def clips(low: int, high: int) -> st.SearchStrategy[Clip]:
    """Clips with sides of so many times 32 pixels."""
    side = st.integers(low, high).map(lambda n: 32 * n)
    return st.builds(Clip, st.sampled_from([5, 9, 13]), st.just(16), st.tuples(side, side))


# Whatever a user may type.
ANY: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "maze_hexagon": {
        "radius": st.integers(-1, 7),
        "cell_radius": st.integers(6, 40),
        "wall_thickness": st.none() | st.integers(0, 12),
        "line_width": st.none() | st.integers(0, 12),
        "algorithm": st.sampled_from(["wilson", "dfs"]),
        "clip": st.none() | clips(2, 12),
    },
    "maze_circle": {
        "rings": st.integers(0, 7),
        "segments": st.integers(2, 24),
        "ring_width": st.integers(6, 40),
        "wall_thickness": st.none() | st.integers(0, 12),
        "inner_radius": st.none() | st.integers(0, 120),
        "line_width": st.none() | st.integers(0, 12),
        "algorithm": st.sampled_from(["wilson", "dfs"]),
        "clip": st.none() | clips(2, 12),
    },
}
# Of which nearly all can be drawn, many of them only just.
SOUND: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "maze_hexagon": {
        **ANY["maze_hexagon"],
        "radius": st.integers(1, 5),
        "cell_radius": st.integers(13, 30),
        "wall_thickness": st.none() | st.integers(2, 4),
        "line_width": st.none() | st.integers(3, 5),
        "clip": st.none() | clips(8, 12),
    },
    "maze_circle": {
        **ANY["maze_circle"],
        "rings": st.integers(1, 5),
        "segments": st.integers(3, 16),
        "ring_width": st.integers(15, 30),
        "wall_thickness": st.none() | st.integers(2, 4),
        "inner_radius": st.none() | st.integers(40, 120),
        "line_width": st.none() | st.integers(3, 5),
        "clip": st.none() | clips(9, 13),
    },
}


def config_of(name: str, options: dict[str, Any]) -> Any:
    """A configuration, or None where it is refused; anything but a usage problem is raised on."""
    try:
        return MODULES[name].Config(**options)
    except UsageProblem:
        return None


def make(name: str, index: int = 0, **options: Any) -> Any:
    """A record of a family."""
    module = MODULES[name]
    return module.FAMILY.sample(sample_rng(42, "test", index), module.Config(**options))


def picture_of(record: Any, name: str, *, solved: bool = False) -> Image:
    """The puzzle or the solution in RGB."""
    family = MODULES[name].FAMILY
    return to_rgb((family.draw_solution if solved else family.draw_puzzle)(record), family.palette)


def doors_of(record: Any) -> dict[int, set[int]]:
    """The cells behind the open doors of each cell."""
    around: dict[int, set[int]] = {cell: set() for cell in range(len(record.cell_centres))}
    for a, b in record.passages:
        around[a].add(b)
        around[b].add(a)
    return around


def shortest_path(record: Any, start: int, goal: int) -> list[int] | None:
    """The cells from start to goal by breadth-first search."""
    around, came, queue = doors_of(record), {start: start}, deque([start])
    while queue:
        cell = queue.popleft()
        for other in around[cell] - came.keys():
            came[other] = cell
            queue.append(other)
    if goal not in came:
        return None
    cells = [goal]
    while cells[-1] != start:
        cells.append(came[cells[-1]])
    return cells[::-1]
