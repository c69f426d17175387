"""Figures: shares with Wilson intervals, per group and per reason."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtb_eval.benchmark_tables import ENOUGH, beside_frequent_answers
from vtb_eval.result import Result
from vtb_eval.results import summarise
from vtb_eval.shares import share_of, wilson


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [
        # R: prop.test(x, n, correct = FALSE)$conf.int, and the interval's closed form at both ends.
        (8, 10, 0.4901625, 0.9433178),
        (0, 10, 0.0, 0.2775328),
        (10, 10, 0.7224672, 1.0),
        (1, 2, 0.0945312, 0.9054688),
        (50, 100, 0.4038315, 0.5961685),
        (0, 1, 0.0, 0.7934507),
        (15, 148, 0.0624, 0.1605),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_known_intervals(right: int, total: int, low: float, high: float) -> None:
    """The last two are in R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
    found = wilson(right, total)
    assert (found.right, found.total, found.rate) == (right, total, right / total)
    digits = 1e-4 if total in (148, 29) else 1e-6
    assert (found.low, found.high) == pytest.approx((low, high), abs=digits)


@given(st.integers(0, 10_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_the_rate_lies_in_its_interval(pair: tuple[int, int]) -> None:
    found = wilson(*pair)
    assert 0 <= found.low <= found.rate <= found.high <= 1


def test_nothing_is_known_of_nothing() -> None:
    assert (wilson(0, 0).rate, wilson(0, 0).low, wilson(0, 0).high) == (0.0, 0.0, 1.0)


def test_more_answers_narrow_the_interval() -> None:
    widths = [wilson(n // 2, n).high - wilson(n // 2, n).low for n in (2, 10, 100, 1000)]
    assert widths == sorted(widths, reverse=True)


def test_grades_have_the_interval_of_their_mean() -> None:
    """By hand: the mean 0.5 +- 1.959964 * sqrt(0.46 / 5) / sqrt(6)."""
    found = share_of([0.1, 0.5, 0.6, 1.0, 0.3, 0.5])
    assert (found.right, found.total, found.rate) == (3.0, 6, 0.5)
    assert (found.low, found.high) == pytest.approx((0.257302, 0.742698), abs=1e-6)
    assert share_of([1.0, 0.0, 1.0]) == wilson(2, 3)
    assert (share_of([0.5]).low, share_of([0.5]).high) == (0.0, 1.0)


def result(size: str, *, strict: bool, tolerant: bool, reason: str) -> Result:
    said = {"strict": strict, "tolerant": tolerant, "reason": reason, "choice": None, "details": {}}
    return Result(
        "x", "maze_square", f"size {size}", 0, strict, tolerant, reason, choice=None, characters=5, by_choice=False,
        source="vtb", unjudged=[], signals={"text": said}, answer="", score=float(strict),
        tolerant_score=float(tolerant),
    )  # fmt: skip


def test_groups() -> None:
    figures = summarise(
        [
            result("9", strict=True, tolerant=True, reason="solved"),
            result("9", strict=False, tolerant=True, reason="crosses a wall"),
            result("11", strict=False, tolerant=False, reason="crosses a wall"),
            result("7", strict=False, tolerant=False, reason="no list of cells"),
        ]
    )
    assert list(figures["per_level"]) == [f"maze_square, size {size}" for size in (7, 9, 11)]
    assert figures["overall"]["strict"]["right"] == 1
    assert figures["overall"]["tolerant"]["right"] == 2
    assert figures["per_level"]["maze_square, size 9"]["strict"]["rate"] == 0.5
    assert figures["per_level"]["maze_square, size 9"]["tolerant"]["rate"] == 1.0
    assert figures["per_task"]["maze_square"]["strict"]["total"] == 4
    assert next(iter(figures["reasons"].items())) == ("crosses a wall", 2)
    json.dumps(figures, allow_nan=False)


def test_no_results() -> None:
    figures = summarise([])
    assert figures["overall"]["strict"]["total"] == 0
    assert figures["per_level"] == {}


def test_blind_guesses_stand_beside_what_is_right() -> None:
    """The mean of a group, and nothing where it is not known of every puzzle."""
    of_9 = result("9", strict=True, tolerant=True, reason="solved")
    known = [replace(of_9, blind=0.1), replace(of_9, blind=0.3), replace(of_9, level="size 11", blind=0.2)]
    figures = summarise(known)
    assert figures["overall"]["blind"] == figures["per_task"]["maze_square"]["blind"] == 0.2
    assert figures["per_level"]["maze_square, size 9"]["blind"] == 0.2
    assert summarise([*known, of_9])["overall"]["blind"] is None
    assert summarise([])["overall"]["blind"] is None


@pytest.mark.parametrize(("questions", "worth"), [(1, 0.25), (ENOUGH - 1, 0.25), (ENOUGH, 0.8)])
def test_few_questions_are_guessed_by_chance(questions: int, worth: float) -> None:
    """Four of five right answers are B, of four options."""
    one = Result(
        id="", task="route_planning", level="", attempt=0, strict=False, tolerant=False, reason="", choice=None,
        characters=0, by_choice=True, source="vsi-bench", unjudged=(), signals={}, answer="", score=0, tolerant_score=0,
        blind=0.25,
    )  # fmt: skip
    some = [replace(one, id=str(number), answer="A" if number % 5 == 4 else "B") for number in range(questions)]
    assert {result.blind for result in beside_frequent_answers([*some, *some])} == {worth}
