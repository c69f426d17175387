"""Rooms at random: what stands where.

Names are dealt out at random, whatever the sizes and counts, so neither can be told from a name.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from vtb.rng import below, pick, shuffled
from vtb.scenes.furniture import COLORS, LARGE, SMALL, build
from vtb.scenes.path import sample_path
from vtb.scenes.scene import Point, Scene, Spot, Thing

SINGLE = 8
KINDS, LEAST, MOST = 2, 2, 6  # names of small things, and how many there are of each
SIDES, HEIGHT = (4000, 11000), 2600
LONG, SHORT, TALL = (500, 2600), (400, 900), (400, 1100)
LITTLE, LOW = (320, 520), (350, 900)
GAP, TO_WALL = 150, 40
STEP = 10  # every length is a multiple of it
TRIES = 60


def between(rng: random.Random, ends: tuple[int, int]) -> int:
    """A length at random, both ends included."""
    return ends[0] + STEP * below(rng, (ends[1] - ends[0]) // STEP + 1)


def sample_counts(rng: random.Random) -> list[int]:
    """How many small things there are of each name. Drawn before the room, so that crowded rooms are not rarer."""
    return [LEAST + below(rng, MOST - LEAST + 1) for _ in range(KINDS)]


def sample_scene(rng: random.Random, counts: Sequence[int], frames: int) -> Scene:
    """A room with eight large things, so many small ones, and a walk through it of so many frames."""
    while True:
        size = (between(rng, SIDES), between(rng, SIDES), HEIGHT)
        things = _furnished(rng, size, counts)
        path = sample_path(rng, size, things, frames) if things else None
        if things and path:
            return Scene(size, tuple(things), path)


def _furnished(rng: random.Random, room: Point, counts: Sequence[int]) -> list[Thing] | None:
    """Everything at its place, or None where something did not fit."""
    names = shuffled(rng, list(LARGE), SINGLE)
    small = shuffled(rng, list(SMALL), KINDS)
    placed: list[Thing] = []
    for name in [*names, *(name for name, count in zip(small, counts, strict=True) for _ in range(count))]:
        thing = _place(rng, room, name, placed)
        if thing is None:
            return None
        placed.append(thing)
    return placed


def _place(rng: random.Random, room: Point, name: str, placed: Sequence[Thing]) -> Thing | None:
    color = pick(rng, COLORS)
    large = name in LARGE
    size = (
        between(rng, LONG if large else LITTLE),
        between(rng, SHORT if large else LITTLE),
        between(rng, TALL if large else LOW),
    )
    for _ in range(TRIES):
        turns = below(rng, 4)
        corner = _corner(rng, room, size, turns, at_wall=large and below(rng, 3) > 0)
        thing = build(name, color, corner, size, turns)
        if not any(_too_near(thing, other) for other in placed):
            return thing
    return None


def _corner(rng: random.Random, room: Point, size: Point, turns: int, *, at_wall: bool) -> Spot:
    """Its lowest corner: anywhere, or with its back to a wall."""
    across = (size[0], size[1]) if turns % 2 == 0 else (size[1], size[0])
    free = [between(rng, (TO_WALL, room[axis] - TO_WALL - across[axis])) for axis in (0, 1)]
    if at_wall:  # turned 0 to 3 times, the back looks to high y, low x, low y and high x
        axis, far = (1, 0, 1, 0)[turns], turns in (0, 3)
        free[axis] = room[axis] - TO_WALL - across[axis] if far else TO_WALL
    return free[0], free[1]


def _too_near(one: Thing, other: Thing) -> bool:
    a, b = one.bounds, other.bounds
    return all(a.low[axis] < b.high[axis] + GAP and b.low[axis] < a.high[axis] + GAP for axis in (0, 1))
