"""Paths through a maze in words: the last list counts, and no text stops the judge."""

from __future__ import annotations

import json
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpu_time import costs_at_most
from vtb.media.image import to_rgb
from vtb.puzzles.judging.answers import last_list
from vtb.puzzles.maze.square import FAMILY, Config
from vtb.rng import sample_rng

RECORD = FAMILY.sample(sample_rng(1, "red", 3), Config(size=9))
PUZZLE = to_rgb(FAMILY.draw_puzzle(RECORD), FAMILY.palette)
RIGHT: list[int] = RECORD.solution_path_cell_ids


@pytest.mark.parametrize(
    ("answer", "cells"),
    [
        ("[1, 2, 3]", [1, 2, 3]),
        ("first [1] and then [ 4 ,5,\n6 ]", [4, 5, 6]),
        ("<answer>[7,8,]</answer>", [7, 8]),
        ("[1, 2] or so [a, b]", [1, 2]),
        ("1, 2, 3", [1, 2, 3]),
        ("about 1, 2, 3 cells", None),
        ("[]", None),
        ("[1.5, 2]", None),
        ("[-1, 2]", None),
        ("[1, 2", None),
        ("", None),
        ("[" * 1000, None),
        (f"[{'9' * 30}]", None),
    ],
)
def test_the_last_list_counts(answer: str, cells: list[int] | None) -> None:
    assert last_list(answer) == cells


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "no list of cells"),
        ("I cannot see a maze.", "no list of cells"),
        ("[81]", "no such cells"),
        ("[999999999]", "no such cells"),
        (str(RIGHT * 100), "no such cells"),
        ("[0]", "path is broken"),
        ("\x00\ud800\u202e[", "no list of cells"),
    ],
)
def test_absurd_answers_are_wrong(answer: str, reason: str) -> None:
    found = FAMILY.score_text(RECORD, answer)
    assert (found.strict, found.tolerant, found.reason) == (False, False, reason)


def test_a_right_answer_may_stand_after_much_thinking() -> None:
    assert FAMILY.score_text(RECORD, f"<think>{'[1, 2] no. ' * 100_000}</think> <answer>{RIGHT}</answer>").strict


@pytest.mark.parametrize("unit", ["[1, 2, 3], ", "[", "1, ", "[1, ", " ", "9", "\x00", "𝔐"])
def test_50_mb_of_text_cost_little(unit: str) -> None:
    answer = unit * (50_000_000 // len(unit))
    assert not FAMILY.score_text(RECORD, answer, PUZZLE).strict
    assert costs_at_most(0.2, partial(FAMILY.score_text, RECORD, answer, PUZZLE))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.one_of(st.text(), st.lists(st.integers(0, 100)).map(json.dumps), st.from_regex(r"\[[\d, \[\]]{0,40}")))
def test_no_text_stops_the_judge(answer: str) -> None:
    found = FAMILY.score_text(RECORD, answer, PUZZLE)
    assert found.tolerant >= found.strict
    image = FAMILY.draw_answer(RECORD, answer, PUZZLE)
    assert image is None or image.shape == PUZZLE.shape
