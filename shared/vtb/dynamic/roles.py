"""Who is asked about, who looks and when, drawn as the DSR Suite draws them (its qa_temp.py).

A question never has one thing twice: nobody is asked where it is from its own place.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from vtb.dynamic.asked import HELD_BACK, Asked, Rejected
from vtb.dynamic.kinds import Kind
from vtb.dynamic.viewpoint import CAMERA, Viewer
from vtb.perception.perceived import Perceived
from vtb.rng import below, pick, shuffled

LEAST_GAP = 4  # frames between the ends of a window
CHANGING = 8  # the same where a number is followed, which seldom changes in less


def draw_question(rng: random.Random, video: Perceived, kind: Kind) -> Asked:
    """A question of a kind; nothing says yet that it has an answer.

    Raises:
        Rejected: the video has too few things for it.
    """
    viewer, things = _roles(rng, video, kind)
    frames = len(video.times)
    first, last = frames - 1 - HELD_BACK, frames - 1
    if kind.measure != "prediction":
        first, last = _window(rng, frames - HELD_BACK, _least_gap(kind, frames - HELD_BACK))
    seen_from = None if kind.moving else below(rng, frames - HELD_BACK)
    return Asked(kind, Viewer(viewer, seen_from), things, first, last)


def _least_gap(kind: Kind, frames: int) -> int:
    gap = LEAST_GAP if kind.measure in ("direction", "orientation") else CHANGING
    return min(gap, frames - 1)


def _window(rng: random.Random, frames: int, gap: int) -> tuple[int, int]:
    """Both ends, every pair that is far enough apart with the same chance."""
    while True:
        one, other = below(rng, frames), below(rng, frames)
        if abs(one - other) >= gap:
            return min(one, other), max(one, other)


def _roles(rng: random.Random, video: Perceived, kind: Kind) -> tuple[int, tuple[int, ...]]:
    """The viewer and the things."""
    every = list(range(len(video.tracks)))
    agents = [number for number in every if video.tracks[number].agent]
    pool = agents if kind.agents_only else every
    if kind.moving and kind.measure in ("orientation", "speed", "comparison"):
        viewer, *things = _slots(rng, kind.things + 1, pool, agents)
        return viewer, tuple(things)
    count = kind.things
    cameras = kind.measure != "prediction"
    things = _slots(rng, count, pool, pool) if cameras else _some(rng, pool, count)
    viewers = [one for one in (CAMERA, *agents) if one not in things]
    if not viewers:
        raise Rejected("nobody is left to look")
    return pick(rng, viewers), tuple(things)


def _slots(rng: random.Random, count: int, pool: Sequence[int], first: Sequence[int]) -> list[int]:
    """So many things, of which the camera is at most one: each in its turn with a chance of one half.

    The first is one of those that are named apart.
    """
    camera = next((place for place in range(count) if below(rng, 2)), None)
    chosen: list[int] = []
    for place in range(count):
        if place == camera:
            chosen.append(CAMERA)
        else:
            chosen += _some(rng, [one for one in (first if place == 0 else pool) if one not in chosen], 1)
    return chosen


def _some(rng: random.Random, pool: Sequence[int], count: int) -> list[int]:
    if len(pool) < count:
        raise Rejected("too few things")
    return shuffled(rng, pool, count)
