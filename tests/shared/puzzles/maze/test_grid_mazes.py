"""Hexagon and circle mazes alike: perfect, drawn as recorded, judged strictly, and nonsense is refused."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import json
import math
from collections import Counter
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clip_frames import frames_of
from shared.puzzles.maze.grid_mazes import (
    ANY,
    MODULES,
    SMALL,
    SOUND,
    config_of,
    doors_of,
    make,
    picture_of,
    shortest_path,
)
from vtb.errors import BadInput, VtbError
from vtb.media.image import decode_image, encode_rgb, resize_nearest, to_rgb
from vtb.media.video import decode_clip, decode_ends
from vtb.puzzles import Clip
from vtb.puzzles.maze.common.base import MARK, PASSAGE, PATH, WALL
from vtb.puzzles.maze.common.path_judge import red_mask
from vtb.puzzles.maze.common.spanning_tree import count_uniform_on, wilson_on
from vtb.puzzles.sample import encode_record_clip
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
    family.validate(json.loads(json.dumps(record)))
    cells = range(len(record["cell_centres"]))
    # As many doors as a tree has, and every cell can be reached: one path between any two.
    assert len(record["passages"]) == len(cells) - 1
    assert all(shortest_path(record, 0, cell) for cell in cells)
    path = shortest_path(record, record["start_cell"], record["goal_cell"])
    assert record["solution_path_cell_ids"] == path
    assert record["start_cell"] in config.form.starts
    assert record["goal_cell"] == config.form.goal != record["start_cell"]
    assert family.difficulty(record)["path_length"] == len(path or [])
    assert sum(len(doors) == 1 for doors in doors_of(record).values()) == family.difficulty(record)["dead_ends"]


@both
@settings(max_examples=30, deadline=None, derandomize=True)
@given(data=st.data(), index=st.integers(0, 10**6))
def test_the_ground_truth_is_right_at_every_size(name: str, data: st.DataObject, index: int) -> None:
    """Through JPEG and H.264, however narrow the passages that a configuration may have."""
    config = config_of(name, data.draw(st.fixed_dictionaries(SOUND[name])))
    if config is None:
        return
    family = MODULES[name].FAMILY
    record = family.sample(sample_rng(42, "test", index), config)
    puzzle, solution = picture_of(record, name), picture_of(record, name, solved=True)
    scores = [
        family.score_image(record, solution),
        family.score_text(record, family.answer(record), puzzle),
        family.score_image(record, decode_image(encode_rgb(solution, quality=90)), puzzle),
    ]
    wrong = [family.score_image(record, puzzle)]
    if record["clip"]:
        ends = decode_ends(encode_record_clip(family, record))
        scores.append(family.score_frame(record, ends.last))
        wrong.append(family.score_frame(record, ends.first))
    assert [(score.strict, score.tolerant, score.reason) for score in scores] == [(True, True, "solved")] * len(scores)
    assert not any(score.tolerant for score in wrong)


@both
def test_pictures_show_the_record(name: str) -> None:
    family, record = MODULES[name].FAMILY, make(name, 1)
    puzzle, solution = family.draw_puzzle(record), family.draw_solution(record)
    assert list(puzzle.shape) == record["canvas_dimensions"][::-1]
    form = family.form(record)
    for a, others in enumerate(form.graph):
        x, y = record["cell_centres"][a]
        assert puzzle[y, x] == (MARK if a in (record["start_cell"], record["goal_cell"]) else PASSAGE)
        for b in others:
            door = form.grid.doors[min(a, b), max(a, b)]
            colors = set(puzzle.reshape(-1)[door].tolist())
            assert colors == ({PASSAGE} if [min(a, b), max(a, b)] in record["passages"] else {WALL})
    crossed = {cell for cell, (x, y) in enumerate(record["cell_centres"]) if solution[y, x] == PATH}
    assert crossed == set(record["solution_path_cell_ids"])
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
    changed = (family.draw_reasoning(record) != to_rgb(puzzle, family.palette)).any(axis=2)
    assert not (puzzle[changed] == WALL).any()
    ys, xs = np.nonzero(changed)
    centres = np.asarray(record["cell_centres"])
    nearest = ((np.stack([xs, ys], 1)[:, None] - centres) ** 2).sum(2).argmin(1)
    heights = [np.ptp(ys[nearest == cell]) + 1 for cell in range(len(centres))]
    assert min(heights) >= 9  # digits lower than that are hard to read
    assert (family.draw_reasoning(record)[changed & (puzzle != MARK)] == (0, 0, 255)).all()
    assert (family.draw_reasoning(record)[changed & (puzzle == MARK)] == (255, 255, 255)).all()


@both
def test_identity_is_of_the_puzzle_alone(name: str) -> None:
    family, options = MODULES[name].FAMILY, SMALL[name]
    record = make(name, **options)
    identity = family.identity(record)
    drawing = {"line_width": 4, "wall_thickness": 3, "clip": CLIP}
    length = {"maze_hexagon": "cell_radius", "maze_circle": "ring_width"}[name]
    assert identity == family.identity(make(name, **{**options, **drawing, length: 20}))
    assert identity == family.identity({**record, "passages": record["passages"][::-1]})
    assert identity == family.identity(json.loads(json.dumps(record)))
    swapped = {"start_cell": record["goal_cell"], "goal_cell": record["start_cell"]}
    assert identity == family.identity({**record, **swapped})
    assert identity != family.identity(make(name, 1, **options))
    assert identity != family.identity({**record, "start_cell": record["solution_path_cell_ids"][1]})


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
@pytest.mark.parametrize("frames", [5, 9, 13, 81])
def test_clips_grow_at_constant_speed_and_hold_the_solution(name: str, frames: int) -> None:
    family, record = MODULES[name].FAMILY, make(name, 4, **SMALL[name], clip=Clip(frames, 16, (288, 224)))
    drawn = [frame.copy() for frame in family.draw_frames(record)]
    assert len(drawn) == frames
    assert all(frame.shape == (224, 288) for frame in drawn)
    small = family.in_clip(record)
    (left, top), (height, width) = record["clip"]["offset"], family.draw_puzzle(small).shape
    box = (slice(top, top + height), slice(left, left + width))
    assert height == 224 or width == 288
    assert (drawn[0][box] == family.draw_puzzle(small)).all()
    assert (drawn[-1][box] == family.draw_solution(small)).mean() > 0.997  # joints between frames are rounded
    outside = np.ones(drawn[0].shape, bool)
    outside[box] = False
    assert all((frame[outside] == WALL).all() for frame in drawn)
    red = [int((frame == PATH).sum()) for frame in drawn]
    assert red[0] == 0
    assert red == sorted(red)
    held = red.count(red[-1])
    assert held >= (2 if frames < 13 else frames // 5)
    steps = np.diff(red)[: frames - held]
    assert steps[1:].max() <= 2 * np.median(steps) + 60  # the first draws over the mark, which is red before
    scores = [family.score_frame(record, to_rgb(frame, family.palette)).strict for frame in drawn]
    assert scores[-held:] == [True] * held
    assert not any(scores[: frames // 2])


@both
def test_a_clip_is_judged_by_its_last_frame_at_any_size(name: str) -> None:
    family, record = MODULES[name].FAMILY, make(name, 5, **SMALL[name], clip=Clip(9, 16, (320, 288)))
    data = encode_record_clip(family, record)
    assert family.score_video(record, decode_clip(data))["last"].strict
    assert not family.score_video(record, itertools.islice(decode_clip(data), 4))["last"].tolerant
    assert family.score_video(record, iter(()))["last"].reason == "no frames"
    *_, last = family.draw_frames(record)
    for scale in (0.75, 1.5, 2):
        frame = resize_nearest(last, round(320 * scale), round(288 * scale))
        assert family.score_video(record, frames_of([to_rgb(frame, family.palette)]))["last"].strict
    # Without a place in the frame on record, the picture is taken to fill it.
    solved = frames_of([picture_of(record, name, solved=True)])
    assert family.score_video({**record, "clip": None}, solved)["last"].strict


@both
@pytest.mark.parametrize("side", [450, 480, 512, 1024])
def test_a_picture_of_another_size_is_right(name: str, side: int) -> None:
    record = make(name, 6)
    solution, puzzle = MODULES[name].FAMILY.draw_solution(record), MODULES[name].FAMILY.draw_puzzle(record)
    score = MODULES[name].FAMILY.score_image
    palette = MODULES[name].FAMILY.palette
    assert score(record, to_rgb(resize_nearest(solution, side, side), palette)).strict
    assert not score(record, to_rgb(resize_nearest(puzzle, side, side), palette)).tolerant


@both
def test_wrong_paths_are_wrong_in_words_and_drawn(name: str) -> None:
    family = MODULES[name].FAMILY
    for index in range(6):
        record = make(name, index)
        right, form = record["solution_path_cell_ids"], family.form(record)
        around, middle = doors_of(record), len(right) // 2
        through_wall = [[*right[:1], n] for n in form.graph[right[0]] if n not in around[right[0]]]
        wrong = {
            "short of the goal": right[:-1],
            "short of the start": right[1:],
            "one cell": right[:1],
            "teleport": [right[0], right[-1]],
            "a cell left out": [*right[:middle], *right[middle + 1 :]],
            "through a wall": [*through_wall[0], *right],
            "backwards and broken": right[::-1][: len(right) // 2],
        }
        if form.heading(*right[middle - 1 : middle + 1]) == form.heading(*right[middle : middle + 2]):
            del wrong["a cell left out"]  # the line is the same without it
        for what, cells in wrong.items():
            score = family.score_text(record, str(cells))
            assert (score.strict, score.value) == (False, 0.0), what
            assert score.reason in ("crosses a wall", "path is broken"), what
        assert family.score_text(record, f"first [1, 2], no: {right}").strict
        assert family.score_text(record, str(right[::-1])).strict


def with_step(record: dict[str, Any], cell: int, other: int) -> str:
    """The way from the start to a cell, a step to another, and the way from there to the goal."""
    before = shortest_path(record, record["start_cell"], cell) or []
    return str([*before, *(shortest_path(record, other, record["goal_cell"]) or [])])


@both
def test_every_step_through_a_wall_is_wrong(name: str) -> None:
    record, family = make(name, 7, **SMALL[name]), MODULES[name].FAMILY
    around, steps = doors_of(record), 0
    for cell, others in enumerate(family.form(record).graph):
        for other in set(others) - around[cell]:
            score = family.score_text(record, with_step(record, cell, other))
            assert (score.strict, score.reason) == (False, "crosses a wall")
            steps += 1
    assert steps > 20


@both
def test_diagonal_steps_are_wrong(name: str) -> None:
    """From a cell to one that is two steps away, with no way of two steps between them."""
    record, family = make(name, 8, **SMALL[name]), MODULES[name].FAMILY
    graph, around, steps = family.form(record).graph, doors_of(record), 0
    for cell, others in enumerate(graph):
        for far in {far for other in others for far in graph[other]} - {cell} - set(others):
            if not around[cell] & around[far]:
                assert not family.score_text(record, with_step(record, cell, far)).strict
                steps += 1
    assert steps > 50


@both
def test_tolerant_forgives_walls_at_the_ends_and_nowhere_else(name: str) -> None:
    # Of usual walls a hexagon's disc holds the rim only, which is forgiven everywhere.
    family, record = MODULES[name].FAMILY, make(name, 9, wall_thickness=10)
    puzzle, solution = family.draw_puzzle(record), picture_of(record, name, solved=True)
    unit = record[family.cell_field]
    inside = cv2.erode((puzzle == WALL).view(np.uint8), np.ones((3, 3), np.uint8))  # the rim of a wall is none
    walls = np.argwhere(inside)
    ends = np.asarray([record["start_point"], record["goal_point"]])[:, ::-1]
    distance = np.sqrt(((walls[:, None] - ends) ** 2).sum(2)).min(1)
    forgiven = family.rule.disc * unit
    for place, tolerated in ((walls[distance < forgiven - 1][0], True), (walls[distance > forgiven + 1][0], False)):
        spilled = solution.copy()
        spilled[tuple(place)] = (220, 0, 0)
        score = family.score_image(record, spilled)
        assert (score.strict, score.tolerant, score.reason) == (False, tolerated, "crosses a wall")


@both
def test_red_is_redder_by_75(name: str) -> None:
    record, family = make(name, 10), MODULES[name].FAMILY
    solution = picture_of(record, name, solved=True)
    for lead, strict in ((75, True), (74, False)):
        image = solution.copy()
        image[(red_mask(solution) == 1)] = (200, 200 - lead, 200 - lead)
        assert family.score_image(record, image).strict == strict


@both
@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 2**32 - 1), st.sampled_from([2, 3, 256]))
def test_no_picture_stops_the_judge(name: str, height: int, width: int, seed: int, values: int) -> None:
    family, record = MODULES[name].FAMILY, make(name, **SMALL[name], clip=CLIP)
    noise = np.random.default_rng(seed).integers(0, values, (height, width, 3)).astype(np.uint8) * (255 // (values - 1))
    for score in (family.score_image(record, noise), family.score_frame(record, noise)):
        assert score.tolerant >= score.strict


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
    family, record = MODULES[name].FAMILY, make(name, **SMALL[name])
    family.validate(record)
    for change in (*BROKEN.values(), *FORM_BROKEN[name]):
        with pytest.raises((BadInput, TypeError, ValueError)):
            family.validate({**record, **change})


@both
@pytest.mark.parametrize(
    "change",
    [
        {"size": [10**6, 10**6]}, {"size": [16, 16]}, {"offset": [200, 0]}, {"offset": [-1, 0]}, {"frames": 10**9},
        {"frames": 0}, {"scale": math.inf}, {"scale": math.nan}, {"scale": 0}, {"scale": 1e-9}, {"scale": 100},
    ],
)  # fmt: skip
def test_a_clip_that_does_not_hold_the_maze_is_refused(name: str, change: dict[str, Any]) -> None:
    record = make(name, **SMALL[name], clip=CLIP)
    MODULES[name].FAMILY.validate(record)
    with pytest.raises(BadInput, match="clip"):
        MODULES[name].FAMILY.validate({**record, "clip": {**record["clip"], **change}})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@both
@settings(max_examples=200, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_record_that_passes_can_be_judged(name: str, data: st.DataObject) -> None:
    """Whatever is wrong with a record, it is refused in a known way, or the judge copes with it."""
    family, whole = MODULES[name].FAMILY, make(name, **SMALL[name], clip=CLIP)
    record, image = copy.deepcopy(whole), picture_of(whole, name, solved=True)
    target = data.draw(st.sampled_from([record, record["clip"]]))
    target[data.draw(st.sampled_from(sorted(target)))] = data.draw(JSON)
    try:
        family.validate(record)
        family.identity(record)
        family.difficulty(record)
        family.score_image(record, image, image)
        family.score_text(record, family.answer(record), image)
        family.score_frame(record, image)
    except (VtbError, KeyError, TypeError, ValueError, IndexError, AttributeError):
        pass  # what curate takes for a damaged record


@both
def test_every_option_is_drawn_from_in_these_tests(name: str) -> None:
    assert {field.name for field in dataclasses.fields(MODULES[name].Config)} == set(ANY[name])
