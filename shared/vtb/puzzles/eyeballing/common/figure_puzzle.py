"""Eyeballing families whose puzzle is a figure about its target."""

from __future__ import annotations

import random
from abc import abstractmethod

from vtb.puzzles.eyeballing.common.base import Eyeballing
from vtb.puzzles.eyeballing.common.config import Config
from vtb.puzzles.eyeballing.common.figure import Figure
from vtb.puzzles.eyeballing.common.placement import Frame, Placed, place_as_benchmark, place_fairly


class FigurePuzzle(Eyeballing):
    """A puzzle that is a figure about its target; where it goes is the same for all: ``place``."""

    @abstractmethod
    def figure(self, rng: random.Random, frame: Frame) -> Figure | None:
        """A figure about its target at the origin, or None where this draw does not meet the constraints."""

    def place(self, rng: random.Random, config: Config) -> Placed | None:
        """One draw."""
        frame = config.frame
        figure = self.figure(rng, frame)
        if figure is None:
            return None
        return (place_fairly if config.sampling == "fair" else place_as_benchmark)(rng, frame, figure)
