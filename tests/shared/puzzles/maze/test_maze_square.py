"""Square mazes: perfect, drawn as recorded, and the same however drawn."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.puzzles.damaged import decoded, plain
from shared.puzzles.maze.square_mazes import make, shortest_path
from vtb.errors import UsageProblem
from vtb.media.image import to_rgb
from vtb.puzzles.family import Clip
from vtb.puzzles.maze.common.square_grid import MARK, PASSAGE, PATH, WALL
from vtb.puzzles.maze.square import FAMILY, Config

CLIP = Clip(9, 16, (160, 128))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.integers(2, 12).map(lambda half: 2 * half + 1),
    st.sampled_from(["wilson", "dfs"]),
    st.sampled_from(["corners", "random"]),
    st.integers(0, 10**6),
)
def test_mazes_are_perfect(size: int, algorithm: str, endpoints: str, index: int) -> None:
    record = make(index, size=size, algorithm=algorithm, endpoints=endpoints)
    FAMILY.validate(record)
    grid = np.asarray(record.maze_grid)
    assert grid[0].all()
    assert grid[-1].all()
    assert grid[:, 0].all()
    assert grid[:, -1].all()
    rooms = (size // 2) ** 2
    assert (grid[1::2, 1::2] == 0).all()
    # As many cells as rooms and the doors of a tree, and all can be reached: one path between any two.
    assert (grid == 0).sum() == 2 * rooms - 1
    for r, c in zip(*np.nonzero(grid == 0), strict=True):
        assert shortest_path(replace(record, goal=(int(r), int(c))))
    assert record.solution_path_cell_ids == shortest_path(record)
    assert record.start != record.goal


def test_ends_are_corners_unless_random() -> None:
    record = make(size=9)
    assert (record.start, record.goal) == ((1, 1), (7, 7))
    drawn = {make(index, size=5, endpoints="random").start for index in range(60)}
    assert drawn == {(1, 1), (1, 3), (3, 1), (3, 3)}


def test_identity_is_of_the_puzzle_alone() -> None:
    record = make(size=9)
    identity = FAMILY.identity(record)
    assert identity == FAMILY.identity(make(size=9, cell_px=20, line_width=3, clip=CLIP))
    assert identity == FAMILY.identity(replace(record, start=record.goal, goal=record.start))
    assert identity == FAMILY.identity(decoded(FAMILY.name, plain(record)))
    assert identity != FAMILY.identity(make(1, size=9))
    assert identity != FAMILY.identity(replace(record, goal=(1, 7)))


def test_identities_are_as_many_as_mazes() -> None:
    found = {FAMILY.identity(make(index, size=7)) for index in range(2500)}
    assert len(found) == FAMILY.distinct(Config(size=7)) == 192
    found = {FAMILY.identity(make(index, size=5, endpoints="random")) for index in range(400)}
    assert len(found) == FAMILY.distinct(Config(size=5, endpoints="random")) == 24
    assert FAMILY.distinct(Config(size=7, algorithm="dfs")) == 14
    assert FAMILY.distinct(Config(size=13, algorithm="dfs")) is None
    assert FAMILY.distinct(Config(size=101)) == math.inf


def test_records_survive_json() -> None:
    record = make(size=9, clip=CLIP)
    again = decoded(FAMILY.name, plain(record))
    assert again == record
    assert (FAMILY.draw_solution(again) == FAMILY.draw_solution(record)).all()


OTHER: dict[str, Any] = {
    "size": 11, "cell_px": 20, "line_width": 5, "algorithm": "dfs", "endpoints": "random", "clip": CLIP,
}  # fmt: skip


def test_every_option_has_another_value_here() -> None:
    assert {field.name for field in dataclasses.fields(Config)} == set(OTHER)


@pytest.mark.parametrize("name", sorted(OTHER))
def test_every_option_takes_effect(name: str) -> None:
    usual, other = make(3), make(3, **{name: OTHER[name]})
    if name == "clip":
        assert usual.clip is None
        assert other.clip is not None
        assert (other.clip.frames, other.clip.size) == (9, (160, 128))
    else:
        one, two = FAMILY.draw_solution(usual), FAMILY.draw_solution(other)
        assert one.shape != two.shape or (one != two).any()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"size": 8}, "--size 8"),
        ({"size": 3}, "--size 3"),
        ({"size": 103}, "--size 103"),
        ({"size": -9}, "--size -9"),
        ({"cell_px": 5}, "--cell-px 5"),
        ({"cell_px": 257}, "--cell-px 257"),
        ({"size": 101, "cell_px": 163}, "--cell-px 163: a picture of 16463 pixels a side, at most 16384"),
        ({"line_width": 0}, "--line-width 0"),
        ({"line_width": 17}, "--line-width 17"),
        ({"size": 11, "clip": Clip(81, 16, (64, 480))}, "--clip-size 64x480"),
    ],
)
def test_what_cannot_be_drawn_is_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageProblem, match=says):
        Config(**options)


def test_pictures_show_the_record() -> None:
    record = make(size=9, cell_px=10)
    puzzle, solution = FAMILY.draw_puzzle(record), FAMILY.draw_solution(record)
    assert puzzle.shape == record.canvas_dimensions == (90, 90)
    centres = puzzle[5::10, 5::10]
    for r, c in itertools.product(range(9), repeat=2):
        wanted = WALL if record.maze_grid[r][c] else PASSAGE
        assert centres[r, c] == (MARK if (r, c) in (record.start, record.goal) else wanted)
    on_path = solution[5::10, 5::10] == PATH
    assert {9 * r + c for r, c in zip(*np.nonzero(on_path), strict=True)} == set(record.solution_path_cell_ids)
    assert (puzzle[solution != PATH] == solution[solution != PATH]).all()
    assert not (puzzle[solution == PATH] == WALL).any()


def test_ids_are_printed_on_every_open_cell_and_nowhere_else() -> None:
    record = make(size=9, cell_px=32)
    puzzle = to_rgb(FAMILY.draw_puzzle(record), FAMILY.palette)
    shown = FAMILY.show(record, puzzle)
    changed = (shown != puzzle).any(axis=2)
    cells = changed.reshape(9, 32, 9, 32).any(axis=(1, 3))
    assert (cells == (np.asarray(record.maze_grid) == 0)).all()
    marks = FAMILY.draw_puzzle(record) == MARK
    assert (shown[changed & ~marks] == (0, 0, 255)).all()
    assert (changed & marks).any()
    assert (shown[changed & marks] == (255, 255, 255)).all()  # blue on red cannot be read
    # A picture that was given keeps what is on it, and is not written into.
    marked = puzzle.copy()
    marked[0, 0] = 77
    assert (FAMILY.show(record, marked)[0, 0] == 77).all()
    assert (marked[1:] == puzzle[1:]).all()


def test_answer_and_difficulty() -> None:
    record = make(size=9)
    assert json.loads(FAMILY.answer(record)) == record.solution_path_cell_ids
    straight = replace(record, maze_grid=[[1] * 5, [1, 0, 0, 0, 1], [1] * 5], grid_size=(3, 5))
    straight = replace(straight, solution_path_cell_ids=[6, 7, 8])
    assert FAMILY.difficulty(straight) == {"size": 3, "path_length": 3, "turns": 0, "dead_ends": 2}
    corner = replace(straight, maze_grid=[[1] * 4, [1, 0, 0, 1], [1, 1, 0, 1], [1] * 4], grid_size=(4, 4))
    corner = replace(corner, solution_path_cell_ids=[5, 6, 10])
    assert FAMILY.difficulty(corner)["turns"] == 1
