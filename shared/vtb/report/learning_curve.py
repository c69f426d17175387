"""A curve of shares over steps of training, with their intervals, laid out for SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vtb.report.axis import axis_for

WIDTH, HEIGHT = 280, 120  # of the plot, in SVG units; marks and numbers lie around it
TOPS = (0.05, 0.1, 0.2, 0.5, 1.0)  # where the upward axis may end


@dataclass(frozen=True)
class Point:
    """A run: its place, the ends of its interval, and what it says."""

    x: float
    y: float
    top: float
    bottom: float
    text: str


@dataclass(frozen=True)
class Curve:
    """One curve; ``ticks`` are (x, steps), ``levels`` (y, percent), ``blind`` is the height of the blind guess."""

    title: str
    points: Sequence[Point]
    ticks: Sequence[tuple[float, float]]
    levels: Sequence[tuple[float, float]]
    blind: float | None


def curve_of(title: str, runs: Sequence[tuple[str, int, Mapping[str, Any]]], blind: float | None = None) -> Curve:
    """A curve of runs in the order of their steps: name, steps, share with ``rate``, ``low`` and ``high``."""
    axis = axis_for([steps for _, steps, _ in runs])
    highest = max(blind or 0, *(share["high"] for _, _, share in runs))
    top = next(end for end in TOPS if highest <= end or end == TOPS[-1])

    def y(rate: float) -> float:
        return round(HEIGHT * (1 - rate / top), 1)

    points = [
        Point(round(axis.x(steps, WIDTH), 1), y(share["rate"]), y(share["high"]), y(share["low"]),
              f"{name}, {steps:,} steps: {100 * share['rate']:.1f} % "
              f"({100 * share['low']:.1f} to {100 * share['high']:.1f})")
        for name, steps, share in runs
    ]  # fmt: skip
    levels = [(y(top * part / 2), 100 * top * part / 2) for part in range(3)]
    return Curve(title, points, axis.ticks(WIDTH), levels, None if blind is None else y(blind))
