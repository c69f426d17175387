"""Hexagon and circle mazes alike: perfect, drawn as recorded, and as many as are counted."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.puzzles.damaged import decoded, plain
from shared.puzzles.maze.grid_mazes import (
    ANY,
    MODULES,
    SMALL,
    SOUND,
    config_of,
    doors_of,
    make,
    shortest_path,
)
from vtb.media.image import to_rgb
from vtb.puzzles.family import Clip
from vtb.puzzles.maze.common.base import MARK, PASSAGE, PATH, WALL
from vtb.puzzles.maze.common.spanning_tree import count_uniform_on, wilson_on
from vtb.rng import sample_rng

both = pytest.mark.parametrize("name", sorted(MODULES))
CLIP = Clip(9, 16, (192, 160))


@both
@settings(max_examples=80, deadline=None, derandomize=True)
@given(data=st.data(), index=st.integers(0, 10**6))
def test_every_configuration_is_refused_or_makes_perfect_mazes(name: str, data: st.DataObject, index: int) -> None:
    config = config_of(name, data.draw(st.fixed_dictionaries(ANY[name]) | st.fixed_dictionaries(SOUND[name])))
    if config is None:
        return
    family = MODULES[name].FAMILY
    record = family.sample(sample_rng(42, "test", index), config)
    assert decoded(name, plain(record)) == record
    cells = range(len(record.cell_centres))
    # As many doors as a tree has, and every cell can be reached: one path between any two.
    assert len(record.passages) == len(cells) - 1
    assert all(shortest_path(record, 0, cell) for cell in cells)
    path = shortest_path(record, record.start_cell, record.goal_cell)
    assert record.solution_path_cell_ids == path
    assert record.start_cell in config.form.starts
    assert record.goal_cell == config.form.goal != record.start_cell
    assert family.difficulty(record)["path_length"] == len(path or [])
    assert sum(len(doors) == 1 for doors in doors_of(record).values()) == family.difficulty(record)["dead_ends"]


@both
def test_pictures_show_the_record(name: str) -> None:
    family, record = MODULES[name].FAMILY, make(name, 1)
    puzzle, solution = family.draw_puzzle(record), family.draw_solution(record)
    assert puzzle.shape == record.canvas_dimensions[::-1]
    form = family.form(record)
    for a, others in enumerate(form.graph):
        x, y = record.cell_centres[a]
        assert puzzle[y, x] == (MARK if a in (record.start_cell, record.goal_cell) else PASSAGE)
        for b in others:
            door = form.grid.doors[min(a, b), max(a, b)]
            colors = set(puzzle.reshape(-1)[door].tolist())
            assert colors == ({PASSAGE} if (min(a, b), max(a, b)) in record.passages else {WALL})
    crossed = {cell for cell, (x, y) in enumerate(record.cell_centres) if solution[y, x] == PATH}
    assert crossed == set(record.solution_path_cell_ids)
    assert (puzzle[solution != PATH] == solution[solution != PATH]).all()
    assert not (puzzle[solution == PATH] == WALL).any()


@both
def test_marks_and_lines_keep_clear_of_walls(name: str) -> None:
    """Three pixels less what rounding to whole ones takes; the next tests show that it is enough for codecs."""
    import cv2

    record = make(name, 2, **SMALL[name])
    solution = MODULES[name].FAMILY.draw_solution(record)
    off_walls = cv2.distanceTransform((solution != WALL).view(np.uint8), cv2.DIST_L2, 5)
    assert off_walls[solution >= MARK].min() >= 2


@both
def test_ids_are_printed_on_every_cell_and_on_no_wall(name: str) -> None:
    family, record = MODULES[name].FAMILY, make(name, 3)
    puzzle = family.draw_puzzle(record)
    shown = family.show(record, to_rgb(puzzle, family.palette))
    changed = (shown != to_rgb(puzzle, family.palette)).any(axis=2)
    assert not (puzzle[changed] == WALL).any()
    ys, xs = np.nonzero(changed)
    centres = np.asarray(record.cell_centres)
    nearest = ((np.stack([xs, ys], 1)[:, None] - centres) ** 2).sum(2).argmin(1)
    heights = [np.ptp(ys[nearest == cell]) + 1 for cell in range(len(centres))]
    assert min(heights) >= 9  # digits lower than that are hard to read
    assert (shown[changed & (puzzle != MARK)] == (0, 0, 255)).all()
    assert (shown[changed & (puzzle == MARK)] == (255, 255, 255)).all()


@both
def test_identity_is_of_the_puzzle_alone(name: str) -> None:
    family, options = MODULES[name].FAMILY, SMALL[name]
    record = make(name, **options)
    identity = family.identity(record)
    drawing = {"line_width": 4, "wall_thickness": 3, "clip": CLIP}
    length = {"maze_hexagon": "cell_radius", "maze_circle": "ring_width"}[name]
    assert identity == family.identity(make(name, **{**options, **drawing, length: 20}))
    assert identity == family.identity(replace(record, passages=record.passages[::-1]))
    assert identity == family.identity(decoded(name, plain(record)))
    swapped = {"start_cell": record.goal_cell, "goal_cell": record.start_cell}
    assert identity == family.identity(replace(record, **swapped))
    assert identity != family.identity(make(name, 1, **options))
    assert identity != family.identity(replace(record, start_cell=record.solution_path_cell_ids[1]))


# A grid of one ring is a wheel, which has L(2n) - 2 spanning trees (L: Lucas numbers): 320 of six spokes, 16 of three.
WHEELS = {"maze_hexagon": ({"radius": 1}, 320 * 6), "maze_circle": ({"rings": 1, "segments": 3}, 16 * 3)}


@both
def test_as_many_puzzles_as_are_counted(name: str) -> None:
    options, count = WHEELS[name]
    config = MODULES[name].Config(**options)
    assert MODULES[name].FAMILY.distinct(config) == count
    if count < 100:
        found = {MODULES[name].FAMILY.identity(make(name, index, **options)) for index in range(900)}
        assert len(found) == count
    carved = MODULES[name].Config(**options, algorithm="dfs")
    found = {MODULES[name].FAMILY.identity(make(name, i, **options, algorithm="dfs")) for i in range(900)}
    assert len(found) == MODULES[name].FAMILY.distinct(carved) < count


def test_counts_of_large_grids() -> None:
    graph = MODULES["maze_hexagon"].Config(radius=2).form.graph
    laplacian = [[len(o) if a == b else -(b in o) for b in range(len(graph))] for a, o in enumerate(graph)]
    assert count_uniform_on(graph) == pytest.approx(np.linalg.det(np.asarray(laplacian, float)[1:, 1:]), rel=1e-8)
    assert MODULES["maze_circle"].FAMILY.distinct(MODULES["maze_circle"].Config(rings=20, segments=40)) == math.inf
    assert MODULES["maze_hexagon"].FAMILY.distinct(MODULES["maze_hexagon"].Config(algorithm="dfs")) is None


def test_wilson_is_uniform_on_other_grids_too() -> None:
    graph, rng, each = MODULES["maze_circle"].Config(rings=1, segments=4).form.graph, sample_rng(5, "uniform", 0), 100
    trees = Counter(
        frozenset((min(pair), max(pair)) for pair in enumerate(wilson_on(rng, graph, 0)) if pair[0] != pair[1])
        for _ in range(45 * each)
    )
    assert len(trees) == count_uniform_on(graph) == 45
    # 44 degrees of freedom: 99.9 % of the distribution lies below 79, and 99.9 % above 20.
    assert 20 < sum((count - each) ** 2 / each for count in trees.values()) < 79


@both
def test_every_option_is_drawn_from_in_these_tests(name: str) -> None:
    assert {field.name for field in dataclasses.fields(MODULES[name].Config)} == set(ANY[name])
