"""Square mazes: perfect, drawn as recorded, the same however drawn, and nonsense is refused."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import json
import math
from collections import deque
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from vtb.errors import BadInput, UsageProblem, VtbError
from vtb.media.image import resize_nearest, to_rgb
from vtb.puzzles.family import Clip
from vtb.puzzles.maze.common.square_grid import MARK, PASSAGE, PATH, WALL
from vtb.puzzles.maze.square import FAMILY, Config
from vtb.rng import sample_rng

CLIP = Clip(9, 16, (160, 128))


def make(index: int = 0, **options: Any) -> dict[str, Any]:
    record: dict[str, Any] = FAMILY.sample(sample_rng(42, "test", index), Config(**options))
    return record


def shortest_path(record: Any) -> list[int]:
    """Cell IDs from start to goal by breadth-first search over the open cells."""
    grid, cols = record.maze_grid, record.grid_size[1]
    start, goal = tuple(record.start), tuple(record.goal)
    came: dict[tuple[int, int], tuple[int, int]] = {start: start}
    queue = deque([start])
    while queue:
        r, c = queue.popleft()
        for cell in ((r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)):
            if grid[cell[0]][cell[1]] == 0 and cell not in came:
                came[cell] = (r, c)
                queue.append(cell)
    cells = [goal]
    while cells[-1] != start:
        cells.append(came[cells[-1]])
    return [r * cols + c for r, c in reversed(cells)]


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
    every_other = replace(record, goal=None)
    for r, c in zip(*np.nonzero(grid == 0), strict=True):
        assert shortest_path({**every_other, "goal": (int(r), int(c))})
    assert record.solution_path_cell_ids == shortest_path(record)
    assert record.start != record.goal


def test_ends_are_corners_unless_random() -> None:
    record = make(size=9)
    assert (record.start, record.goal) == ([1, 1], [7, 7])
    drawn = {(*make(index, size=5, endpoints="random").start,) for index in range(60)}
    assert drawn == {(1, 1), (1, 3), (3, 1), (3, 3)}


def test_identity_is_of_the_puzzle_alone() -> None:
    record = make(size=9)
    identity = FAMILY.identity(record)
    assert identity == FAMILY.identity(make(size=9, cell_px=20, line_width=3, clip=CLIP))
    assert identity == FAMILY.identity(replace(record, start=record.goal, goal=record.start))
    assert identity == FAMILY.identity(json.loads(json.dumps(record)))
    assert identity != FAMILY.identity(make(1, size=9))
    assert identity != FAMILY.identity(replace(record, goal=[1, 7]))


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
    again = json.loads(json.dumps(record))
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
        assert (other.clip.frames, other.clip.size) == (9, [160, 128])
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
    assert list(puzzle.shape) == record.canvas_dimensions == [90, 90]
    centres = puzzle[5::10, 5::10]
    for r, c in itertools.product(range(9), repeat=2):
        wanted = WALL if record.maze_grid[r][c] else PASSAGE
        assert centres[r, c] == (MARK if [r, c] in (record.start, record.goal) else wanted)
    on_path = solution[5::10, 5::10] == PATH
    assert {9 * r + c for r, c in zip(*np.nonzero(on_path), strict=True)} == set(record.solution_path_cell_ids)
    assert (puzzle[solution != PATH] == solution[solution != PATH]).all()
    assert not (puzzle[solution == PATH] == WALL).any()


def test_ids_are_printed_on_every_open_cell_and_nowhere_else() -> None:
    record = make(size=9, cell_px=32)
    puzzle = to_rgb(FAMILY.draw_puzzle(record), FAMILY.palette)
    changed = (FAMILY.draw_reasoning(record) != puzzle).any(axis=2)
    cells = changed.reshape(9, 32, 9, 32).any(axis=(1, 3))
    assert (cells == (np.asarray(record.maze_grid) == 0)).all()
    marks = FAMILY.draw_puzzle(record) == MARK
    assert (FAMILY.draw_reasoning(record)[changed & ~marks] == (0, 0, 255)).all()
    assert (changed & marks).any()
    assert (FAMILY.draw_reasoning(record)[changed & marks] == (255, 255, 255)).all()  # blue on red cannot be read
    # A picture that was given keeps what is on it, and is not written into.
    marked = puzzle.copy()
    marked[0, 0] = 77
    assert (FAMILY.draw_reasoning(record, marked)[0, 0] == 77).all()
    assert (marked[1:] == puzzle[1:]).all()


def test_answer_and_difficulty() -> None:
    record = make(size=9)
    assert json.loads(FAMILY.answer(record)) == record.solution_path_cell_ids
    straight = replace(record, maze_grid=[[1] * 5, [1, 0, 0, 0, 1], [1] * 5], grid_size=[3, 5])
    straight |= {"solution_path_cell_ids": [6, 7, 8]}
    assert FAMILY.difficulty(straight) == {"size": 3, "path_length": 3, "turns": 0, "dead_ends": 2}
    corner = replace(straight, maze_grid=[[1] * 4, [1, 0, 0, 1], [1, 1, 0, 1], [1] * 4], grid_size=[4, 4])
    corner |= {"solution_path_cell_ids": [5, 6, 10]}
    assert FAMILY.difficulty(corner)["turns"] == 1


@pytest.mark.parametrize("frames", [5, 9, 13, 81])
def test_clips_grow_at_constant_speed_and_hold_the_solution(frames: int) -> None:
    record = make(size=9, clip=Clip(frames, 16, (160, 128)))
    drawn = [frame.copy() for frame in FAMILY.draw_frames(record)]
    assert len(drawn) == frames
    cell = record.clip.cell_size
    assert (cell, record.clip.offset) == (14, [17, 1])
    small = replace(record, cell_size=cell)
    box = (slice(1, 1 + 9 * cell), slice(17, 17 + 9 * cell))
    assert (drawn[0][box] == FAMILY.draw_puzzle(small)).all()
    outside = np.ones(drawn[0].shape, bool)
    outside[box] = False
    assert all((frame[outside] == PASSAGE).all() for frame in drawn)
    line = [int((frame == PATH).sum()) for frame in drawn]
    assert line[0] == 0
    assert line == sorted(line)
    held = line.count(line[-1])
    assert held >= (2 if frames < 13 else frames // 5)
    steps = np.diff(line)[: frames - held]
    assert steps.max() <= 2 * np.median(steps) + 60
    scores = [FAMILY.score_frame(record, to_rgb(frame, FAMILY.palette)).strict for frame in drawn]
    assert scores[-held:] == [True] * held
    assert not any(scores[: frames // 2])


@pytest.mark.parametrize("scale", [0.5, 1.5, 2])
def test_frames_of_another_size_are_judged_at_that_size(scale: float) -> None:
    record = make(size=9, clip=Clip(9, 16, (320, 288)))
    *_, last = FAMILY.draw_frames(record)
    last = resize_nearest(last, round(320 * scale), round(288 * scale))
    assert FAMILY.score_frame(record, to_rgb(last, FAMILY.palette)).strict


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


@pytest.mark.parametrize("what", BROKEN)
def test_nonsense_is_refused(what: str) -> None:
    record = make(size=9)
    FAMILY.validate(record)
    with pytest.raises((BadInput, TypeError, ValueError)):
        FAMILY.validate(replace(record, **BROKEN[what]))


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
        {"scale": math.inf},
        {"scale": math.nan},
    ],
)
def test_a_clip_that_does_not_hold_the_maze_is_refused(change: dict[str, Any]) -> None:
    record = make(size=9, clip=CLIP)
    with pytest.raises(BadInput, match="clip"):
        FAMILY.validate(replace(record, clip={**record.clip, **change}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.data())
def test_a_record_that_passes_can_be_judged(data: st.DataObject) -> None:
    """Whatever is wrong with a record, it is refused in a known way, or the judge copes with it."""
    record = copy.deepcopy(make(size=5, cell_px=6, clip=Clip(5, 16, (32, 32))))
    target = data.draw(st.sampled_from([record, record.clip]))
    target[data.draw(st.sampled_from(sorted(target)))] = data.draw(JSON)
    image = to_rgb(FAMILY.draw_solution(make(size=5, cell_px=6)), FAMILY.palette)
    try:
        FAMILY.validate(record)
        FAMILY.identity(record)
        FAMILY.difficulty(record)
        FAMILY.score_image(record, image, image)
        FAMILY.score_text(record, FAMILY.answer(record), image)
        if record.get("clip"):
            FAMILY.score_frame(record, image)
    except (VtbError, KeyError, TypeError, ValueError, IndexError, AttributeError):
        pass  # what curate takes for a damaged record
