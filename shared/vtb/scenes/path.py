"""A walk through a room: straight ways between free spots, while the camera turns round once and a little more."""

from __future__ import annotations

import random
from collections.abc import Sequence

from vtb.rng import below
from vtb.scenes.camera import sine
from vtb.scenes.scene import TURN, Point, Pose, Spot, Thing, crosses

EYE = 1500
BODY = 250  # between the camera and things and walls, at least
SPOTS, LEAST_WAY = 3, 700
TURNED = (40_000, 52_000)  # hundredths of a degree over the whole walk
PITCH, NOD, NODS = -2000, 400, 3  # the camera looks down and nods so many times
TRIES = 200


def sample_path(rng: random.Random, size: Point, things: Sequence[Thing], frames: int) -> tuple[Pose, ...] | None:
    """The camera's poses, or None where no free way was found."""
    spots: list[Spot] = []
    for _ in range(TRIES):
        spot = BODY + below(rng, size[0] - 2 * BODY), BODY + below(rng, size[1] - 2 * BODY)
        start = spots[-1] if spots else spot
        far = not spots or abs(spot[0] - start[0]) + abs(spot[1] - start[1]) >= LEAST_WAY
        if far and not any(crosses(start, spot, thing.bounds.low, thing.bounds.high, BODY) for thing in things):
            spots.append(spot)
        if len(spots) == SPOTS:
            return walk(spots, below(rng, TURN), TURNED[0] + below(rng, TURNED[1] - TURNED[0]), below(rng, 2), frames)
    return None


def walk(spots: Sequence[Spot], heading: int, turned: int, leftwards: int, frames: int) -> tuple[Pose, ...]:
    """Poses along the ways between spots, slowly at both ends of each; one frame stands at the first spot."""
    poses = []
    for number in range(frames):
        share = number / max(1, frames - 1)
        way = min(int(share * (len(spots) - 1)), len(spots) - 2)
        local = share * (len(spots) - 1) - way
        eased = local * local * (3 - 2 * local)
        x, y = (round(a + (b - a) * eased) for a, b in zip(spots[way], spots[way + 1], strict=True))
        angle = heading + (1 if leftwards else -1) * round(turned * share)
        pitch = PITCH + round(NOD * sine(round(NODS * TURN * share)))
        poses.append(Pose((x, y, EYE), angle % TURN, pitch))
    return tuple(poses)
