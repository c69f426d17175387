"""The way of the camera around the disc on which bodies move."""

from __future__ import annotations

import math
import random

import numpy as np

from vtb.perception.perceived import Floats
from vtb.rng import below, pick
from vtb.scenes.camera import cosine, sine
from vtb.scenes.moving.motion import MIDDLE
from vtb.scenes.moving.splines import CONTROLS, along
from vtb.scenes.scene import TURN, Pose

AWAY, UP, OFF = (4800, 7500), (1300, 3400), 1000  # from the middle, above the floor; how far off it looks
PACES = (0, 1, 1, 2, 4)  # how fast it goes; one camera in five stands still
STEP = (1200, 900, 250, 250)  # at pace 1: hundredths of a degree around, then out, up and of what it looks at
EYES = 600  # height of what it looks at


def draw_camera_path(rng: random.Random, frames: int) -> tuple[Pose, ...]:
    """The camera's pose in every frame."""
    pace = pick(rng, PACES)
    around = _walk(rng, below(rng, TURN), pace * STEP[0], None, onward=True)
    out, up = _walk(rng, _between(rng, AWAY), pace * STEP[1], AWAY), _walk(rng, _between(rng, UP), pace * STEP[2], UP)
    looks = [_walk(rng, _between(rng, (-OFF, OFF)), pace * STEP[3], (-OFF, OFF)) for _ in range(2)]
    ways = along(np.stack([around, out, up, *looks], axis=1), frames)
    return tuple(_pose(*row) for row in np.rint(ways).astype(np.int64).tolist())


def _pose(around: int, out: int, up: int, aside: int, across: int) -> Pose:
    place = (MIDDLE + round(out * cosine(around)), MIDDLE + round(out * sine(around)), up)
    x, y, z = MIDDLE + aside - place[0], MIDDLE + across - place[1], EYES - up
    heading = round(math.degrees(math.atan2(y, x)) * TURN / 360) % TURN
    return Pose(place, heading, round(math.degrees(math.atan2(z, math.hypot(x, y))) * TURN / 360))


def _walk(rng: random.Random, start: int, step: int, ends: tuple[int, int] | None, *, onward: bool = False) -> Floats:
    """Control points; what would leave the ends stays at them. Onward: to one side, now faster, now slower."""
    side, points = 1 - 2 * below(rng, 2), [start]
    for _ in range(CONTROLS - 1):
        move = side * below(rng, 2 * step + 1) if onward else below(rng, 2 * step + 1) - step
        point = points[-1] + move
        points.append(point if ends is None else min(max(point, ends[0]), ends[1]))
    return np.array(points, np.float64)


def _between(rng: random.Random, ends: tuple[int, int]) -> int:
    return ends[0] + below(rng, ends[1] - ends[0] + 1)
