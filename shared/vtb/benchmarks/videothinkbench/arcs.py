"""Arc Connect of the benchmark: its two versions, and arcs that its records give as whole circles."""

from __future__ import annotations

import cmath
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtb.benchmarks.videothinkbench.eyeballing import DARK, Place, blue
from vtb.errors import BadInput
from vtb.media.image import Image
from vtb.puzzles.eyeballing.arc_connect import SEARCH, SHAPE
from vtb.puzzles.eyeballing.common.arcs import SPAN

EDGE = 4  # pixels outside the band at which its arcs are surely seen, past the line along it
BLUE_LEAST = 100  # pixels that its letters have together


def version_of(name: str, record: Mapping[str, Any], puzzle: Image) -> str:
    """Arc Connect has two versions by one name: arcs with blue letters (joined by ink), and discs (marked in red)."""
    if name != "arc_connect":
        return name
    if "candidates" in record:
        lettered = all("cx" in entry for entry in record["candidates"])
    else:
        lettered = int(blue(puzzle).sum()) >= BLUE_LEAST
    return name if lettered else "arc_connect_point_ver"


def arcs_as_points(record: Mapping[str, Any], puzzle: Image) -> dict[str, Any]:
    """A record of arcs, given as whole circles, with the places of the letters and of the arcs' inner ends.

    Which half of its circle an arc is on, is seen by the ink left of the band. Right arcs whose inner ends lie outside
    the picture have none: nothing there can join them, and ink at the rim would seem to.
    """
    left, _, right, _ = (float(side) for side in record["mask_rect"])
    ink = puzzle.max(axis=2) <= DARK
    height, width = ink.shape
    ends = {half: _crossing(record["left_arc"], left - EDGE, half, height) for half in (-1, 1)}
    half = min(ends, key=lambda half: _away(ink, ends[half]))
    circles = {str(entry["label"]): entry for entry in record["candidates"]}
    places = {label: _beyond(circle, right, half) for label, circle in circles.items()}
    candidates = [
        {"x": min(max(x, 0.0), width - 1.0), "y": min(max(y, 0.0), height - 1.0), "label": label}
        for label, (x, y) in places.items()
    ]
    ended = {label: _crossing(circle, right + EDGE, half) for label, circle in circles.items()}
    inner = {
        label: [x, min(max(y, 0.0), height - 1.0)]
        for label, (x, y) in ended.items()
        if -SEARCH[-1] <= y < height + SEARCH[-1]
    }
    return {**record, "candidates": candidates, "arc_ends": {"left": list(ends[half]), **inner}}


def _crossing(circle: Mapping[str, Any], x: float, half: int, height: float = math.inf) -> Place:
    """Where a circle's upper (-1) or lower half meets a column; at the picture's rim where that lies outside."""
    away = float(circle["r"]) ** 2 - (x - float(circle["cx"])) ** 2
    if away <= 0:
        raise BadInput("a circle of its arcs does not reach its band")
    y = float(circle["cy"]) + half * math.sqrt(away)
    return x, y if height == math.inf else min(max(y, 0.0), height - 1.0)


def _beyond(circle: Mapping[str, Any], right: float, half: int) -> Place:
    """Where the letter of a right arc is: beyond its outer end."""
    x, y = _crossing(circle, right, half)
    centre = complex(circle["cx"], circle["cy"])
    end = centre + (complex(x, y) - centre) * cmath.rect(1, -half * SPAN)
    return end.real + SHAPE.beyond, end.imag


def _away(ink: NDArray[np.bool_], place: Place) -> float:
    """How far from a place there is ink in its column."""
    column = np.flatnonzero(ink[:, min(max(round(place[0]), 0), ink.shape[1] - 1)])
    return float(np.abs(column - place[1]).min(initial=len(ink)))
