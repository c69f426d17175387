"""How a body moves and turns: ways at random, of which any is as likely from one place as from another.

Steps between the control points of a way do not depend on where it begins. So the ways that pass a place at some time
are drawn by drawing any way and moving it there; ``vtb.scenes.moving.again`` needs that.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtb.perception.perceived import Floats
from vtb.rng import below, pick
from vtb.scenes.camera import cosine, sine
from vtb.scenes.moving.splines import CONTROLS, along, velocity
from vtb.scenes.scene import TURN

MIDDLE, AROUND = 8000, 4200  # the disc on which bodies move: its centre in x and y, and its radius
HEIGHTS, RISE = (500, 2300), 180  # of what flies: the floor below it, and its way up or down in a step
PACES = (0, 600, 900, 1300, 1800, 2400)  # length of a step; one thing in six stands still
FACTORS = (0, 1, 2, 2, 4)  # halves by which a step is longer or shorter while the pace changes
CHANGE = 3  # one step in so many changes its pace
BEND = 6000  # a step turns by at most so much to each side
TRIES = 200
SPINS = (0, 0, 1500, 3000, 5000)  # turn of a body in a step


@dataclass(frozen=True)
class Motion:
    """Of one body in a clip.

    Attributes:
        places: shape (frames, 3), of the middle of its footprint on the floor below it.
        headings: shape (frames,), where its front looks.
    """

    places: NDArray[np.int64]
    headings: NDArray[np.int64]


def draw_motion(
    rng: random.Random, frames: int, *, flies: bool, follows: bool, pin: tuple[int, tuple[int, ...]] | None = None
) -> Motion | None:
    """A motion that stays within the disc and the heights; None where none was found.

    Args:
        rng: where chance comes from.
        frames: of the clip.
        flies: whether it goes up and down, too.
        follows: whether its front looks along its way.
        pin: a frame and the place where the body is to be in it.
    """
    for _ in range(TRIES):
        start, steps = _start(rng, flies=flies), _steps(rng, flies=flies)
        controls = np.cumsum(np.array([start, *steps], np.float64), axis=0)
        places = np.rint(along(controls, frames)).astype(np.int64)
        if pin is not None:
            places += np.array(pin[1], np.int64) - places[pin[0]]
        if _inside(places, flies=flies):
            headings = np.rint(along(_turns(rng), frames)).astype(np.int64)
            return Motion(places, _along_way(controls, frames, headings) if follows else headings % TURN)
    return None


def _start(rng: random.Random, *, flies: bool) -> tuple[int, int, int]:
    """Anywhere in a square around the disc; what lies too far out is drawn again by the caller."""
    x, y = (MIDDLE - AROUND + below(rng, 2 * AROUND + 1) for _ in range(2))
    return x, y, HEIGHTS[0] + below(rng, HEIGHTS[1] - HEIGHTS[0] + 1) if flies else 0


def _steps(rng: random.Random, *, flies: bool) -> list[tuple[float, float, float]]:
    pace, factor, angle = pick(rng, PACES), 2, below(rng, TURN)
    steps = []
    for _ in range(CONTROLS - 1):
        if below(rng, CHANGE) == 0:
            factor = pick(rng, FACTORS)
        angle += below(rng, 2 * BEND + 1) - BEND
        rise = below(rng, 2 * RISE + 1) - RISE if flies and pace else 0
        way = pace * factor // 2
        steps.append((way * cosine(angle), way * sine(angle), float(rise)))
    return steps


def _turns(rng: random.Random) -> Floats:
    """Control points of its heading."""
    most, side = pick(rng, SPINS), 1 - 2 * below(rng, 2)
    angles = [float(below(rng, TURN))]
    for _ in range(CONTROLS - 1):
        side = -side if below(rng, CHANGE) == 0 else side
        angles.append(angles[-1] + side * below(rng, most + 1))
    return np.array(angles)


def _inside(places: NDArray[np.int64], *, flies: bool) -> bool:
    x, y, z = places[:, 0] - MIDDLE, places[:, 1] - MIDDLE, places[:, 2]
    within = bool((x * x + y * y <= AROUND * AROUND).all())
    return within and (not flies or bool((z >= HEIGHTS[0]).all() and (z <= HEIGHTS[1]).all()))


def _along_way(controls: Floats, frames: int, still: NDArray[np.int64]) -> NDArray[np.int64]:
    """The directions of the way; where it stands, that of the last step before, or the first after."""
    way = velocity(controls[:, :2], frames)
    moving = np.flatnonzero((np.abs(way) > 1).any(axis=1))
    if not len(moving):
        return still % TURN
    last = moving[np.maximum(np.searchsorted(moving, np.arange(frames), side="right") - 1, 0)]
    angles = np.degrees(np.arctan2(way[last, 1], way[last, 0]))
    headings: NDArray[np.int64] = np.rint(angles * (TURN / 360)).astype(np.int64) % TURN
    return headings
