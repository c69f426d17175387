"""Bodies with their motions, and the camera's way."""

from __future__ import annotations

import functools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from vtb.media.image import Color
from vtb.rng import below, pick, shuffled
from vtb.scenes.camera import cosine, sine
from vtb.scenes.furniture import COLORS, FULL
from vtb.scenes.moving.camera_path import draw_camera_path
from vtb.scenes.moving.motion import MIDDLE, Motion, draw_motions
from vtb.scenes.moving.shapes import AGENTS, FLYING, OBJECTS, SHAPES
from vtb.scenes.scene import TURN, Point, Pose

HALL: Point = (2 * MIDDLE, 2 * MIDDLE, 4200)
COUNTS = ((2, 3), (1, 3))  # agents and objects, at least and at most
WIDTHS, DEPTH, HEIGHTS = (600, 1100), (90, 130), (80, 150)  # per cent of the width
GAP = 150  # between two bodies


@dataclass(frozen=True)
class Body:
    """What moves.

    Attributes:
        name: one of ``shapes.SHAPES``.
        agent: whether it has a front.
        color: of its first tone.
        size: width (to its right), depth (from front to back) and height.
        follows: whether its front looks along its way.
    """

    name: str
    agent: bool
    color: Color
    size: Point
    follows: bool

    @property
    def flies(self) -> bool:
        """Whether it goes up and down."""
        return self.name in FLYING

    @cached_property
    def radius(self) -> int:
        """Of the upright cylinder in which it turns."""
        width, depth, _ = self.size
        return -int(-np.sqrt(width * width + depth * depth) // 2)

    @property
    def reach(self) -> float:
        """How far it reaches to one side from its middle, seen from the side, on average over all its turns."""
        width, depth, _ = self.size
        return _reach(self.name, width, depth)

    @property
    def span(self) -> tuple[float, float]:
        """Where it begins and ends above its place."""
        parts = SHAPES[self.name]
        low, high = min(part[2] for part in parts), max(part[5] for part in parts)
        return low * self.size[2] / FULL, high * self.size[2] / FULL


@functools.cache
def _reach(name: str, width: int, depth: int) -> float:
    corners = [(x, y) for part in SHAPES[name] for x in (part[0], part[3]) for y in (part[1], part[4])]
    sides = [((x / FULL - 0.5) * width, (y / FULL - 0.5) * depth) for x, y in corners]
    turns = [(cosine(angle), sine(angle)) for angle in range(0, TURN, TURN // 36)]
    return sum(max(x * c + y * s for x, y in sides) for c, s in turns) / len(turns)


@dataclass(frozen=True)
class MovingScene:
    """All of it; a motion for each body, a pose for each frame of the clip."""

    bodies: tuple[Body, ...]
    motions: tuple[Motion, ...]
    path: tuple[Pose, ...]


def draw_scene(rng: random.Random, frames: int) -> MovingScene:
    """A scene in whose clip no two bodies touch."""
    path, bodies = draw_camera_path(rng, frames), draw_bodies(rng)
    drawn = [draw_motions(rng, frames, flies=body.flies, follows=body.follows) for body in bodies]
    for motions in zip(*drawn, strict=False):  # without end: from anywhere many ways stay on the disc
        if apart(bodies, motions):
            return MovingScene(bodies, motions, path)
    raise AssertionError("bodies have no way to move")


def apart(bodies: Sequence[Body], motions: Sequence[Motion]) -> bool:
    """Whether no two come closer than ``GAP`` anywhere, seen from above, whichever way they turn."""
    places = np.stack([motion.places[:, :2] for motion in motions])
    radii = np.array([body.radius for body in bodies])
    least = radii[:, None] + radii[None] + GAP
    away = places[:, None] - places[None]
    x, y = away[..., 0], away[..., 1]
    near = (x * x + y * y < (least * least)[..., None]).any(axis=-1)
    np.fill_diagonal(near, False)
    return not near.any()


def draw_bodies(rng: random.Random) -> tuple[Body, ...]:
    """Agents and objects of different names; how an agent turns is drawn here, so that it stays with it."""
    found = []
    for names, (least, most) in zip((AGENTS, OBJECTS), COUNTS, strict=True):
        for name in shuffled(rng, sorted(names), least + below(rng, most - least + 1)):
            found.append(_body(rng, name))
    return tuple(found)


def _body(rng: random.Random, name: str) -> Body:
    width = WIDTHS[0] + below(rng, WIDTHS[1] - WIDTHS[0] + 1)
    depth, height = (width * (low + below(rng, high - low + 1)) // 100 for low, high in (DEPTH, HEIGHTS))
    agent = name in AGENTS
    return Body(name, agent, pick(rng, COLORS), (width, depth, height), agent and below(rng, 2) == 0)
