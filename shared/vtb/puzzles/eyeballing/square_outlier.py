"""Eyeballing: four of five points are the corners of a square; which is not."""

from __future__ import annotations

import random

from vtb.puzzles.eyeballing.common.base import Eyeballing
from vtb.puzzles.eyeballing.common.config import Config
from vtb.puzzles.eyeballing.common.figure import polygon, uniform, unit
from vtb.puzzles.eyeballing.common.placement import Placed
from vtb.puzzles.eyeballing.common.ranks import DRAWS, matched


class SquareOutlier(Eyeballing):
    """The point that is no corner of the square. The points alone answer this, by the nature of the task."""

    name = "square_outlier"
    shortcut = "the five points alone say which of them is no corner of a square"
    ask_point = "the one that is not a corner of the square that the other four form"
    reveal = "Draw the square that four of the points form in black."
    tries, draws = 4, DRAWS  # few, because a new try draws a new rank, and rare ranks would become rarer

    def place(self, rng: random.Random, config: Config) -> Placed | None:
        """A square, and a fifth point that keeps clear of its corners by three tenths of its side."""
        return matched(rng, config.frame, lambda: self._points(rng, config), lambda points: polygon(*points[1:]))

    def _points(self, rng: random.Random, config: Config) -> list[complex] | None:
        side = uniform(rng, 0.3, 0.55) * config.frame.short
        first = side / 2**0.5 * unit(rng)
        corners = [first * turn for turn in (1, 1j, -1, -1j)]
        outlier = uniform(rng, 0.0, 1.0) * 0.8 * config.frame.short * unit(rng)
        least = max(0.3 * side * config.distractor_distance, config.frame.separation)
        if any(abs(outlier - corner) < least for corner in corners):
            return None
        return [outlier, *corners]


FAMILY = SquareOutlier()
