"""The histograms of the difficulty page."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtb.report.axis import BINS, axis_for, body_of
from vtb.report.difficulty import WIDTH, difficulty_page


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
    assert (axis.first, axis.bins) == (first, bins)
    assert axis.step == pytest.approx(step)


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
    ticks = axis.ticks(WIDTH)
    assert all(-1e-6 <= x <= WIDTH for x, _ in ticks)
    assert [x for x, _ in ticks] == sorted(x for x, _ in ticks)
    assert len(ticks) <= 12


def test_the_page_counts_every_sample_once() -> None:
    counts = {"a": {"path": {3.0: 5, 4.0: 1}, "size": {7.0: 6}}, "b": {"path": {10.0: 2}, "size": {9.0: 2}}}
    page = difficulty_page("How hard", counts)
    assert re.findall(r"<title>([^<]*)</title></rect>", page) == ["3: 5", "4: 1"]
    assert "6 samples, mean 3.167, median 3" in page
    assert page.count("<svg") == 1
    assert medians(page) == [["part", "path", "size"], ["a", "", "7"], ["b", "10", "9"]]  # one bar says nothing


def medians(page: str) -> list[list[str]]:
    return [re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", row) for row in re.findall(r"<tr>(.*)</tr>", page)]


def test_groups_have_headings_and_axes_of_their_own() -> None:
    counts = {"a": {"size": {3.0: 5, 4.0: 1}}, "b": {"size": {300.0: 2, 400.0: 1}}, "c": {"size": {5.0: 2, 6.0: 1}}}
    page = difficulty_page("How hard", counts, {"a": "maze", "b": "arc", "c": "maze"})
    assert re.findall(r"<h2>(.*)</h2>", page) == ["Mazes", "ARC tasks"]
    assert re.findall(r"<b>(.*)</b>", page) == ["a", "c", "b"]
    mazes, _ = page.split("<h2>ARC tasks</h2>")
    assert re.findall(r"<title>([^<]*)</title></rect>", mazes) == ["3: 5", "4: 1", "5: 2", "6: 1"]
    assert "<h2>" not in difficulty_page("How hard", {"a": counts["a"]}, {"a": "maze"})


def test_an_outlier_does_not_squeeze_the_axis() -> None:
    body = {float(value): 5 for value in range(10, 20)}
    page = difficulty_page("How hard", {"a": {"path": {**body, 1000.0: 1, 900.0: 1}}, "b": {"path": body}})
    assert "52 samples" in page
    assert "and 2 off the axis (900 to 1000)" in page
    bars = re.findall(r"<title>([^<]*): 5</title></rect>", page)
    assert bars == [f"{value:g}" for value in body] * 2


@pytest.mark.parametrize(
    ("parts", "left_out"),
    [
        ([{1.0: 3, 2.0: 3, 100.0: 1}], set()),  # too few to tell
        ([{1.0: 3, 2.0: 6, 100.0: 1}], {100.0}),
        ([{5.0: 99, 1000.0: 1}], set()),  # nothing else would be squeezed
        ([{5.0: 99, 1000.0: 1}, {4.0: 5, 9.0: 5}], {1000.0}),
        ([{float(value): 1 for value in range(50)}], set()),
        ([{1.0: 10, 2.0: 10}, {100.0: 10, 101.0: 10}], set()),  # another part, not outliers
    ],
)
def test_what_lies_far_from_the_rest(parts: list[dict[float, int]], left_out: set[float]) -> None:
    assert {value for counts in parts for value in counts} - body_of(parts) == left_out


def test_bars_are_in_proportion() -> None:
    page = difficulty_page("How hard", {"a": {"path": {3.0: 10, 5.0: 5}}})
    bars = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)">', page)
    (x1, y1, w1, h1), (x2, y2, w2, h2) = ([float(number) for number in bar] for bar in bars)
    assert (h1, y1) == (2 * h2, 0)
    assert y1 + h1 == y2 + h2
    assert w1 == w2
    assert x2 - x1 == pytest.approx(2 * WIDTH / 3, abs=0.02)


def test_names_are_escaped_and_nothing_varied_is_said() -> None:
    page = difficulty_page("<b>", {"<i>": {"x": {1.0: 3}}}, {"<i>": "<u>"})
    assert "&lt;b&gt;" in page
    assert "&lt;i&gt;" in page
    assert "<i>" not in page
    assert medians(page)[1] == ["&lt;i&gt;", "1"]
