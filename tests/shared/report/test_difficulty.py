"""The histograms of the difficulty page."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtb.report.difficulty import BINS, WIDTH, axis_for, difficulty_page


@pytest.mark.parametrize(
    ("values", "first", "bins", "step"),
    [
        ([3, 4, 9], 3, 7, 1),
        ([5], 5, 1, 1),
        ([1, 60], 1, 60, 1),
        ([1, 61], 0, 31, 2),
        ([-3, 500], -1, 52, 10),
        ([0.05, 0.6], 5, 56, 0.01),
        ([0.0758, 0.0759], 37900, 51, 2e-06),
        ([0.5], 0, 1, 1),
    ],
)
def test_axes_are_round(values: list[float], first: int, bins: int, step: float) -> None:
    axis = axis_for(values)
    assert (axis.first, axis.bins, axis.step) == (first, bins, pytest.approx(step))


numbers = st.one_of(st.integers(-(10**6), 10**6).map(float), st.floats(-(10.0**4), 10.0**4).map(lambda x: round(x, 4)))


@given(st.sets(numbers, min_size=1, max_size=30))
def test_every_value_lies_in_its_bin(values: set[float]) -> None:
    axis = axis_for(values)
    assert 1 <= axis.bins <= BINS + 1
    for value in values:
        number = axis.bin_of(value)
        assert 0 <= number < axis.bins
        low = (axis.first + number) * axis.step
        assert low - 1e-6 <= value <= low + axis.step + 1e-6
    ticks = axis.ticks()
    assert all(-1e-6 <= x <= WIDTH for x, _ in ticks)
    assert [x for x, _ in ticks] == sorted(x for x, _ in ticks)
    assert len(ticks) <= 12


def test_the_page_counts_every_sample_once() -> None:
    counts = {"a": {"path": {3.0: 5, 4.0: 1}, "size": {7.0: 6}}, "b": {"path": {10.0: 2}, "size": {9.0: 2}}}
    page = difficulty_page("How hard", counts)
    assert re.findall(r"<title>([^<]*)</title></rect>", page) == ["3: 5", "4: 1", "10: 2"]
    assert "6 samples, mean 3.167, median 3" in page
    assert page.count("<svg") == 2
    assert re.findall(r"<td>(\w)</td><td>size</td><td class=\"number\">(\d)</td>", page) == [("a", "7"), ("b", "9")]


def test_bars_are_in_proportion() -> None:
    page = difficulty_page("How hard", {"a": {"path": {3.0: 10, 5.0: 5}}})
    bars = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)">', page)
    (x1, y1, w1, h1), (x2, y2, w2, h2) = ([float(number) for number in bar] for bar in bars)
    assert (h1, y1) == (2 * h2, 0)
    assert y1 + h1 == y2 + h2
    assert w1 == w2
    assert x2 - x1 == pytest.approx(2 * WIDTH / 3, abs=0.02)


def test_names_are_escaped_and_nothing_varied_is_said() -> None:
    page = difficulty_page("<b>", {"<i>": {"x": {1.0: 3}}})
    assert "&lt;b&gt;" in page
    assert "&lt;i&gt;" in page
    assert "All samples are alike in every figure." in page
