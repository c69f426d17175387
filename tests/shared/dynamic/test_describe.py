"""The words for series and directions, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from vtb.dynamic.describe import compare_series, describe_directions, describe_series, numbered

SERIES = {
    "still": ([5, 5.5, 4.6, 5.9], ["Keep nearly constant"]),
    "grows": ([1, 2, 4, 8], ["Become larger"]),
    "shrinks": ([8, 4, 2, 1], ["Become smaller"]),
    "grows slowly": ([10, 11, 11.9, 12.5, 13], ["Keep nearly constant and then become larger", "Keep nearly constant"]),
    "there and back": ([1, 2, 4, 2, 1], ["Become larger", "Become smaller"]),
    "stands, then goes": ([4, 4, 4, 8, 16], ["Keep nearly constant and then become larger", "Become larger"]),
    "a fifth exactly is no change": ([1, 1.2, 0.8], ["Keep nearly constant"]),
    "near zero": ([0.01, 0.09, 0.0, 0.05], ["Keep nearly constant"]),
    "falls to nearly zero": ([1, 0.5, 0.09, 0.01, 0.02], ["Become smaller", "Keep nearly constant"]),
    "from zero": ([0, 0.5, 1.0], ["Become larger"]),
    "breaks at the end": ([1, 1, 1, 2], ["Keep nearly constant and then become larger"]),
}
COMPARED = {
    "always": ([2, 2, 2], [1, 1, 1], ["The former is always faster"]),
    "never": ([1, 1], [2, 2], ["The latter is always faster"]),
    "alike": ([1, 1.1, 0.05], [1.1, 1, 0.09], ["Their speed is nearly the same"]),
    "by turns": ([2, 2, 1, 1], [1, 1, 1, 2], ["The former is faster", "Nearly the same", "The latter is faster"]),
    "one stands": ([0, 0.05], [1, 0.05], ["The latter is faster", "Nearly the same"]),
}
DIRECTIONS = {
    "one axis": ([(5, 0.1, -0.2)], ["Front"]),
    "behind to the right": ([(-1, -1, 0)], ["Behind|Right"]),
    "all three": ([(1, 1, 1)], ["Front|Left|Above"]),
    "turns": ([(1, 0, 0), (2, 0.1, 0), (1, 1, 0), (0, 0, -3)], ["Front", "Front|Left", "Below"]),
    "back again": ([(1, 0, 0), (0, 1, 0), (1, 0, 0)], ["Front", "Left", "Front"]),
}


@pytest.mark.parametrize("case", SERIES)
def test_series(case: str) -> None:
    values, words = SERIES[case]
    assert list(describe_series(np.array(values, float), 0.1)) == words


@pytest.mark.parametrize("case", COMPARED)
def test_comparisons(case: str) -> None:
    one, other, words = COMPARED[case]
    assert list(compare_series(np.array(one, float), np.array(other, float), 0.1)) == words


@pytest.mark.parametrize("case", DIRECTIONS)
def test_directions(case: str) -> None:
    vectors, words = DIRECTIONS[case]
    assert list(describe_directions(np.array(vectors, float)) or ()) == words


def test_a_direction_of_no_length_is_none() -> None:
    assert describe_directions(np.array([[1.0, 0, 0], [0, 0, 0]])) is None


def test_a_lone_segment_has_its_number() -> None:
    assert numbered(["The latter is always faster"]) == "(1) The latter is always faster."
    assert numbered(["Front", "Left"]) == "(1) Front. (2) Left."
