"""Hexagon and circle mazes are judged strictly: the ground truth is right, every wrong step is wrong."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.puzzles.maze.grid_mazes import (
    MODULES,
    SMALL,
    SOUND,
    config_of,
    doors_of,
    make,
    picture_of,
    shortest_path,
)
from vtb.media.image import decode_image, encode_rgb, resize_nearest, to_rgb
from vtb.media.video import decode_ends
from vtb.puzzles.family import Clip
from vtb.puzzles.maze.common.base import WALL
from vtb.puzzles.maze.common.path_judge import red_mask
from vtb.puzzles.sample import encode_record_clip
from vtb.rng import sample_rng

both = pytest.mark.parametrize("name", sorted(MODULES))
CLIP = Clip(9, 16, (192, 160))


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
    if record.clip:
        ends = decode_ends(encode_record_clip(family, record))
        scores.append(family.score_frame(record, ends.last))
        wrong.append(family.score_frame(record, ends.first))
    assert [(score.strict, score.tolerant, score.reason) for score in scores] == [(True, True, "solved")] * len(scores)
    assert not any(score.tolerant for score in wrong)


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
        right, form = record.solution_path_cell_ids, family.form(record)
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


def with_step(record: Any, cell: int, other: int) -> str:
    """The way from the start to a cell, a step to another, and the way from there to the goal."""
    before = shortest_path(record, record.start_cell, cell) or []
    return str([*before, *(shortest_path(record, other, record.goal_cell) or [])])


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
    unit = getattr(record, family.cell_field)
    inside = cv2.erode((puzzle == WALL).view(np.uint8), np.ones((3, 3), np.uint8))  # the rim of a wall is none
    walls = np.argwhere(inside)
    ends = np.asarray([record.start_point, record.goal_point])[:, ::-1]
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
