"""Plots of how hard the puzzles of a dataset are: a histogram for each figure and each part, drawn as SVG."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vtb.report.pages import render

Counts = Mapping[float, int]  # value to how often it occurs
WIDTH, HEIGHT = 280, 96  # of a plot, in SVG units; the axis lies below
BINS, TICKS = 60, 8  # at most as many bars, and about as many marks on the axis


@dataclass(frozen=True)
class Bar:
    """One bar: its place and size in SVG units, and what it says."""

    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(frozen=True)
class Histogram:
    """One part's plot."""

    part: str
    samples: int
    mean: float
    median: float
    bars: Sequence[Bar]


@dataclass(frozen=True)
class Plot:
    """One figure: a histogram for each part over a common axis, whose ticks are (x, value)."""

    figure: str
    ticks: Sequence[tuple[float, float]]
    histograms: Sequence[Histogram]


@dataclass(frozen=True)
class Axis:
    """Bins of one width: bin k holds the values from ``(first + k) * step`` on; whole numbers stand in the middle."""

    first: int
    bins: int
    step: float
    whole: bool

    def bin_of(self, value: float) -> int:
        """The bin of a value; a sum of binary fractions may lie just below a border."""
        return math.floor(value / self.step + 1e-9) - self.first

    def x(self, value: float) -> float:
        """Where a value lies, in SVG units."""
        shift = 0.5 if self.whole and self.step == 1 else 0.0
        return (value / self.step - self.first + shift) * WIDTH / self.bins

    def ticks(self) -> list[tuple[float, float]]:
        """A few round values with their places."""
        step = max(self.step, _round_step((self.bins - 1) * self.step / TICKS, whole=self.whole))
        start, end = self.first * self.step, (self.first + self.bins) * self.step
        marks = [number * step for number in range(math.ceil(start / step - 1e-9), math.floor(end / step + 1e-9) + 1)]
        return [(round(self.x(mark), 1), round(mark, 10)) for mark in marks if self.x(mark) <= WIDTH]

    def span(self, number: int) -> str:
        """What a bin holds, in words."""
        low = (self.first + number) * self.step
        if self.whole and self.step == 1:
            return f"{low:g}"
        return f"{low:g} to {low + self.step - (1 if self.whole else 0):g}"


def difficulty_page(title: str, figures: Mapping[str, Mapping[str, Counts]]) -> str:
    """A page from the counts of each part (``{part: {figure: {value: how often}}}``)."""
    by_figure: dict[str, dict[str, Counts]] = {}
    for part, counts in figures.items():
        for figure, values in counts.items():
            by_figure.setdefault(figure, {})[part] = values
    varied = {name: parts for name, parts in by_figure.items() if any(len(counts) > 1 for counts in parts.values())}
    fixed = [
        (_words(name), part, next(iter(counts)))
        for name, parts in by_figure.items() if name not in varied
        for part, counts in parts.items()
    ]  # fmt: skip
    plots = [_plot(name, parts) for name, parts in varied.items()]
    return render("difficulty.html", title=title, plots=plots, fixed=fixed, width=WIDTH, height=HEIGHT)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _plot(name: str, parts: Mapping[str, Counts]) -> Plot:
    axis = axis_for({value for counts in parts.values() for value in counts})
    return Plot(_words(name), axis.ticks(), [_histogram(part, counts, axis) for part, counts in parts.items()])


def axis_for(values: Iterable[float]) -> Axis:
    """Bins that hold all the values, with round borders."""
    known = list(values)
    low, high, whole = min(known), max(known), all(float(value).is_integer() for value in known)
    step = _round_step((high - low) / (BINS - 1), whole=whole)
    first = math.floor(low / step + 1e-9)
    return Axis(first, math.floor(high / step + 1e-9) - first + 1, step, whole)


def _round_step(least: float, *, whole: bool) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is not below this; of whole numbers at least one."""
    least = max(least, 1.0) if whole else least or 1.0
    power: float = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))


def _histogram(part: str, counts: Counts, axis: Axis) -> Histogram:
    bins = [0] * axis.bins
    for value, count in counts.items():
        bins[axis.bin_of(value)] += count
    total, top, wide = sum(bins), max(bins), WIDTH / axis.bins
    bars = [
        Bar(round(number * wide + 0.04 * wide, 2), round(HEIGHT * (1 - count / top), 2), round(0.92 * wide, 2),
            round(HEIGHT * count / top, 2), f"{axis.span(number)}: {count:,}")
        for number, count in enumerate(bins) if count
    ]  # fmt: skip
    mean = sum(value * count for value, count in counts.items()) / total
    return Histogram(part, total, mean, _median(counts), bars)


def _median(counts: Counts) -> float:
    """The middle value, or the mean of the two in the middle."""
    values = sorted(counts)
    upto = list(itertools.accumulate(counts[value] for value in values))
    low, high = (values[bisect.bisect_left(upto, place)] for place in ((upto[-1] + 1) // 2, upto[-1] // 2 + 1))
    return (low + high) / 2
