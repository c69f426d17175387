"""The right answer is as often the first option as any other."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from chi_square import p_value, upper_tail

from vtb.puzzles import Record, families
from vtb.rng import sample_rng

SAMPLES, LEAST = 5_000, 1e-4
LETTERED = [name for name, family in sorted(families().items()) if family.group in ("eyeballing", "visual")]


def place_of(record: Record) -> tuple[int, int]:
    """Which option is right, and of how many."""
    if "candidates" in record:
        return [entry["label"] for entry in record["candidates"]].index(record["correct_option"]), 5
    return record["options"].index(record["values"][record["missing"]]), len(record["options"])


@pytest.mark.parametrize("name", LETTERED)
def test_every_option_is_right_equally_often(name: str) -> None:
    family = families()[name]
    options: dict[str, Any] = {"choices": "always"} if family.group == "visual" else {}
    config = family.config_class(**options)
    found = Counter(place_of(family.sample(sample_rng(2026, name, index), config)) for index in range(SAMPLES))
    for count in {count for _, count in found}:
        assert count >= 3
        assert p_value([found[place, count] for place in range(count)]) > LEAST


def test_the_statistic_is_that_of_the_tables() -> None:
    """Critical values as printed in every table of the chi-square distribution."""
    for freedom, tail, value in ((1, 0.05, 3.841), (2, 0.01, 9.21), (3, 0.05, 7.815), (4, 0.001, 18.467)):
        assert upper_tail(freedom, value) == pytest.approx(tail, rel=2e-3)
    assert p_value([1100, 1000, 1000, 1000, 900]) < 1e-3 < p_value([1040, 1000, 1000, 1000, 960])
