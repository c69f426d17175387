"""VSI-Bench's score beside a plain transcription of its formula, and the two readings of an answer."""

from __future__ import annotations

import numpy as np
import pytest

from vtb.benchmarks.vsi_bench.metric import (
    asks_for_number,
    lenient_score,
    mean_relative_accuracy,
    numbers_in,
    official_score,
)
from vtb.benchmarks.vsi_bench.published import AVERAGE, COLUMNS, PUBLISHED
from vtb.errors import BadInput


def formula(prediction: float, target: float) -> float:
    """As published: a count over a linspace, whose number of points is 10 by a rounding error (10.999... to int)."""
    confidences = np.linspace(0.5, 0.95, int((0.95 - 0.5) / 0.05 + 2))
    return float((abs(prediction - target) / target <= 1 - confidences).mean())


def test_equal_to_the_formula_for_every_pair_of_small_integers() -> None:
    pairs = [(p, t) for t in range(1, 201) for p in range(t + 1)]
    pairs += [(2 * t - p, t) for p, t in pairs if p < t]
    assert len(pairs) >= 20_100
    assert all(mean_relative_accuracy(p, t) == formula(p, t) for p, t in pairs)


@pytest.mark.parametrize(
    ("prediction", "target", "right"),
    [
        (5, 10, 0.1),
        (3, 4, 0.6),
        (0, 0, 1),
        (1, 0, 0),
        (float("nan"), 3, 0),
        (float("inf"), 3, 0),
        (3, 3, 1),
        (-3, 3, 0),
    ],
)
def test_the_edges(prediction: float, target: float, right: float) -> None:
    assert mean_relative_accuracy(prediction, target) == right


@pytest.mark.parametrize(
    ("text", "strict", "lenient"),
    [
        ("3", 1, 1), ("3.", 1, 1), ("3 chairs", 1, 1), (" 3", 0, 1), ("3\nchairs", 0, 1), ("3m", 0, 1),
        ("The answer is 3", 0, 1), ("<answer>3</answer>", 0, 1), ("first 5, then 3", 0, 1), ("three", 0, 0),
        ("1,000", 0, 0), ("nan", 0, 0), ("inf", 0, 0), ("", 0, 0), ("3 or 5", 1, 0),
    ],
)  # fmt: skip
def test_two_readings_of_a_number(text: str, strict: float, lenient: float) -> None:
    assert official_score("object_counting", text, "3") == strict
    assert lenient_score("object_counting", text, "3") == lenient


@pytest.mark.parametrize(
    ("text", "strict", "lenient"),
    [
        ("A", 1, 1), ("a", 1, 1), ("A.", 1, 1), ("A. the door", 1, 1), ("A)", 0, 1), ("(A)", 0, 1), ("A,", 0, 1),
        ("**A**", 0, 1), ("<answer>A</answer>", 0, 1), ("The answer is A", 0, 1), ("B", 0, 0), ("A or B", 1, 0),
    ],
)  # fmt: skip
def test_two_readings_of_an_option(text: str, strict: float, lenient: float) -> None:
    assert official_score("object_rel_distance", text, "A") == strict
    assert lenient_score("route_planning", text, "A") == lenient


def test_types_by_their_beginning() -> None:
    assert asks_for_number("room_size_estimation")
    for name in ("object_rel_distance_v3", "object_rel_direction_easy", "object_rel_direction_v1"):
        assert not asks_for_number(name)
    with pytest.raises(BadInput, match="colors"):
        asks_for_number("colors")


def test_numbers() -> None:
    assert numbers_in("1,250.5 m, -3, .5 and 2e3; v1.2.3") == [1250.5, -3, 0.5, 2000]


def test_published_averages_are_those_of_their_rows() -> None:
    """All but the row of frequent answers, whose printed average is another (docs of the benchmark)."""
    for name, row in PUBLISHED.items():
        cells = [row[column] for column in COLUMNS]

        if not name.startswith("Chance"):
            assert row[AVERAGE] == pytest.approx(np.mean(cells), abs=0.06), name
