"""Eyeballing: which arc on the right continues the one on the left, marked by discs at the arcs' ends."""

from __future__ import annotations

import dataclasses
import random

from vtb.puzzles.eyeballing.common.arcs import Shape, place_arcs
from vtb.puzzles.eyeballing.common.base import Eyeballing
from vtb.puzzles.eyeballing.common.config import Config
from vtb.puzzles.eyeballing.common.placement import Placed

SHAPE = Shape(band=0.35, least_gap=28, gap=(0.06, 0.08), beyond=15)


class ArcConnectPointVer(Eyeballing):
    """The arc that continues another behind a wide band; its disc is the answer."""

    name = "arc_connect_point_ver"
    version = 3  # 2: discs of more than 10 pixels no longer overlap; 3: as the base's 2
    ask_point = "at the end of the arc that continues the left arc behind the grey band"
    reveal = "Draw the hidden part of the left arc over the grey band in black until it joins an arc on the right."

    def place(self, rng: random.Random, config: Config) -> Placed | None:
        """Both samplings are the same here: which arc is true has always been drawn evenly."""
        apart = max(SHAPE.least_gap, 2.8 * config.point_radius)
        return place_arcs(rng, config.frame, dataclasses.replace(SHAPE, least_gap=apart))


FAMILY = ArcConnectPointVer()
