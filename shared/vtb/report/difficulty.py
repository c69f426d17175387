"""Plots of how hard the puzzles of a dataset are: a histogram for each figure and each part, drawn as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vtb.report.axis import Axis, Counts, axis_for, body_of, median
from vtb.report.pages import render
from vtb.report.samples import title_of

WIDTH, HEIGHT = 280, 96  # of a plot, in SVG units; the axis lies below
Parts = Mapping[str, Counts]  # what each part has of one figure


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
    """One part's plot; ``outside`` says in words what the axis leaves out."""

    part: str
    samples: int
    mean: float
    median: float
    median_x: float
    outside: str
    bars: Sequence[Bar]


@dataclass(frozen=True)
class Plot:
    """One figure: a histogram for each part over a common axis, whose ticks are (x, value)."""

    figure: str
    ticks: Sequence[tuple[float, float]]
    histograms: Sequence[Histogram]


@dataclass(frozen=True)
class Group:
    """The figures of one group of puzzles; ``medians`` has, by part and figure, those whose plot would be one bar."""

    title: str
    plots: Sequence[Plot]
    medians: Mapping[str, Mapping[str, float]]
    figures: Sequence[str]


def difficulty_page(
    title: str, figures: Mapping[str, Mapping[str, Counts]], groups: Mapping[str, str] | None = None
) -> str:
    """A page from the counts of each part (``{part: {figure: {value: how often}}}``); ``groups`` has those of parts."""
    parts: dict[str, dict[str, Mapping[str, Counts]]] = {}
    for part, counts in figures.items():
        parts.setdefault((groups or {}).get(part, ""), {})[part] = counts
    found = [_group(title_of(group), members) for group, members in parts.items()]
    return render("difficulty.html", title=title, groups=found, width=WIDTH, height=HEIGHT)


def _group(title: str, members: Mapping[str, Mapping[str, Counts]]) -> Group:
    by_figure: dict[str, dict[str, Counts]] = {}
    for part, counts in members.items():
        for figure, values in counts.items():
            by_figure.setdefault(figure, {})[part] = values
    plots, medians = list[Plot](), dict[str, dict[str, float]]()
    for name, parts in by_figure.items():
        axis = axis_for(body_of(parts.values()))
        wide = {part: counts for part, counts in parts.items() if _bars(counts, axis) > 1}
        for part in parts.keys() - wide.keys():
            medians.setdefault(part, {})[_words(name)] = median(parts[part])
        if wide:
            plots.append(_plot(name, wide))
    ordered = {part: medians[part] for part in members if part in medians}
    named = {figure for found in ordered.values() for figure in found}
    return Group(title, plots, ordered, [figure for figure in map(_words, by_figure) if figure in named])


def _bars(counts: Counts, axis: Axis) -> int:
    return len({axis.bin_of(value) for value in counts} & set(range(axis.bins)))


def _words(name: str) -> str:
    return name.replace("_", " ")


def _plot(name: str, parts: Parts) -> Plot:
    axis = axis_for(body_of(parts.values()))
    return Plot(_words(name), axis.ticks(WIDTH), [_histogram(part, counts, axis) for part, counts in parts.items()])


def _histogram(part: str, counts: Counts, axis: Axis) -> Histogram:
    bins, outside = [0] * axis.bins, dict[float, int]()
    for value, count in counts.items():
        number = axis.bin_of(value)
        if 0 <= number < axis.bins:
            bins[number] += count
        else:
            outside[value] = count
    top, wide = max(bins), WIDTH / axis.bins
    bars = [
        Bar(round(number * wide + 0.04 * wide, 2), round(HEIGHT * (1 - count / top), 2), round(0.92 * wide, 2),
            round(HEIGHT * count / top, 2), f"{axis.span(number)}: {count:,}")
        for number, count in enumerate(bins) if count
    ]  # fmt: skip
    total, middle = sum(counts.values()), median(counts)
    mean = sum(value * count for value, count in counts.items()) / total
    return Histogram(part, total, mean, middle, round(axis.x(middle, WIDTH), 1), _outside(outside), bars)


def _outside(values: Counts) -> str:
    if not values:
        return ""
    low, high = min(values), max(values)
    span = f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"
    return f"and {sum(values.values()):,} off the axis ({span})"
