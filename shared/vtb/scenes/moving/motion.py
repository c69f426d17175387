"""How a body moves and turns: ways at random, of which any is as likely from one place as from another.

Steps between the control points of a way do not depend on where it begins. So the ways that pass a place at some time
are drawn by drawing any way and moving it there; ``vtb.scenes.moving.again`` needs that.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtb.perception.perceived import Floats
from vtb.rng import below, pick
from vtb.scenes.camera import sine
from vtb.scenes.moving.splines import CONTROLS, along, at_frame, velocity
from vtb.scenes.scene import TURN

MIDDLE, AROUND = 8000, 4200  # the disc on which bodies move: its centre in x and y, and its radius
HEIGHTS, RISE = (500, 2300), 180  # of what flies: the floor below it, and its way up or down in a step
# Length of a step, and how often each is drawn: fast ways seldom stay on the disc, so that about as many are left.
PACES = {0: 1, 600: 2, 900: 4, 1300: 9, 1800: 19, 2400: 30}
FACTORS = (0, 1, 2, 2, 3)  # halves by which a step is longer or shorter while the pace changes
CHANGE = 3  # one step in so many changes its pace
BEND = 9000  # a step turns by at most so much to each side
SPINS = (0, 0, 1500, 3000, 5000)  # turn of a body in a step
BATCH, BATCHES = 256, 8  # ways that are drawn at once, and how often until one stays on the disc


@dataclass(frozen=True)
class Motion:
    """Of one body in a clip.

    Attributes:
        places: shape (frames, 3), of the middle of its footprint on the floor below it.
        way: shape (CONTROLS, 3), the control points of these.
        turns: shape (CONTROLS,), those of its heading.
        follows: whether its front looks along its way.
    """

    places: NDArray[np.int64]
    way: Floats
    turns: Floats
    follows: bool

    @functools.cached_property
    def headings(self) -> NDArray[np.int64]:
        """Where its front looks, shape (frames,); of the motions that are drawn, few are ever asked."""
        frames = len(self.places)
        still = np.rint(along(self.turns, frames)).astype(np.int64)
        return _along_way(self.way, frames, still) if self.follows else still % TURN


def draw_motions(
    rng: random.Random, frames: int, *, flies: bool, follows: bool, pin: tuple[int, Sequence[int]] | None = None
) -> Iterator[Motion]:
    """One motion after the other, each drawn anew; ends where hardly any stays on the disc.

    Args:
        rng: where chance comes from.
        frames: of the clip.
        flies: whether it goes up and down, too.
        follows: whether its front looks along its way.
        pin: a frame and the place where the body is to be in it.
    """
    found = True
    while found:
        found = False
        for _ in range(BATCHES):
            controls = _ways(rng, flies=flies)
            if pin is not None:
                controls += np.array(pin[1], np.float64) - at_frame(controls, frames, pin[0])
            controls = controls[:, _inside(controls, flies=flies)]
            places = np.rint(along(controls, frames)).astype(np.int64)
            for way in range(controls.shape[1]):
                found = True
                yield Motion(places[:, way], controls[:, way], _turns(rng), follows)


def _ways(rng: random.Random, *, flies: bool) -> Floats:
    """Control points of many ways, shape (CONTROLS, BATCH, 3), from anywhere in a square around the disc."""
    steps = CONTROLS - 1
    draws = np.frombuffer(rng.randbytes(4 * BATCH * (5 + 4 * steps)), "<u4").astype(np.uint64).reshape(-1, BATCH)
    changes, factors, turns, rises = draws[5:].reshape(4, steps, BATCH)
    pace = np.repeat(list(PACES), list(PACES.values()))[_below(draws[0], sum(PACES.values()))]
    held = np.maximum.accumulate(np.where(_below(changes, CHANGE) == 0, np.arange(steps)[:, None], -1), axis=0)
    drawn = np.array(FACTORS)[_below(factors, len(FACTORS))]
    factor = np.where(held < 0, 2, np.take_along_axis(drawn, np.maximum(held, 0), axis=0))
    angles = _below(draws[1], TURN) + np.cumsum(_below(turns, 2 * BEND + 1) - BEND, axis=0)
    way = pace * factor // 2
    up = (_below(rises, 2 * RISE + 1) - RISE) * (pace > 0) * flies
    start = [MIDDLE - AROUND + _below(draw, 2 * AROUND + 1) for draw in draws[2:4]]
    start.append(HEIGHTS[0] + _below(draws[4], HEIGHTS[1] - HEIGHTS[0] + 1) if flies else 0 * way[0])
    moves = np.stack([way * _sines(angles + TURN // 4), way * _sines(angles), up.astype(np.float64)], axis=-1)
    return np.cumsum(np.concatenate([np.stack(start, axis=-1)[None].astype(np.float64), moves]), axis=0)


def _below(draws: NDArray[np.uint64], n: int) -> NDArray[np.int64]:
    """Whole numbers in [0, n) from ones of 32 bits."""
    found: NDArray[np.int64] = ((draws * np.uint64(n)) >> np.uint64(32)).astype(np.int64)
    return found


def _sines(angles: NDArray[np.int64]) -> Floats:
    return _sine_table()[angles % TURN]


@functools.cache
def _sine_table() -> Floats:
    return np.array([sine(angle) for angle in range(TURN)])


def _turns(rng: random.Random) -> Floats:
    """Control points of its heading."""
    most, side = pick(rng, SPINS), 1 - 2 * below(rng, 2)
    angles = [float(below(rng, TURN))]
    for _ in range(CONTROLS - 1):
        side = -side if below(rng, CHANGE) == 0 else side
        angles.append(angles[-1] + side * below(rng, most + 1))
    return np.array(angles)


def _inside(controls: Floats, *, flies: bool) -> NDArray[np.bool_]:
    """Which of the ways (CONTROLS, BATCH, 3) stay on the disc: a way lies between its control points."""
    x, y, z = controls[..., 0] - MIDDLE, controls[..., 1] - MIDDLE, controls[..., 2]
    within = x * x + y * y <= AROUND * AROUND
    if flies:
        within &= (z >= HEIGHTS[0]) & (z <= HEIGHTS[1])
    return np.asarray(within.all(axis=0), np.bool_)


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
