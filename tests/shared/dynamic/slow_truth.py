"""The right answers of questions about rendered scenes, straight from where bodies are in the hall.

Nothing of cameras, angles or tracks: a viewer is a place and three directions in the hall.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from vtb.dynamic.asked import NEAR, STILL, Asked
from vtb.dynamic.describe import compare_series, describe_directions, describe_series
from vtb.dynamic.viewpoint import CAMERA
from vtb.perception.perceived import Floats
from vtb.scenes.moving.scene import MovingScene

HUNDREDTHS = math.pi / 18000


def slow_answer(scene: MovingScene, frames: Sequence[int], asked: Asked, scale: float) -> tuple[str, ...] | None:
    """The segments of the right answer."""
    window: Sequence[int] = range(asked.first, asked.last + 1)
    measure = asked.kind.measure
    if measure == "prediction":
        window = [asked.first, asked.last]
    viewer = [asked.viewer.frame if asked.viewer.frame is not None else number for number in window]

    def seen(vectors: list[Floats]) -> Floats:
        return np.array([axes_of(scene, asked.viewer.thing, frames[at]) @ vector
                         for at, vector in zip(viewer, vectors, strict=True)])  # fmt: skip

    def places(thing: int) -> Floats:
        eyes = [place_of(scene, asked.viewer.thing, frames[at]) for at in viewer]
        return seen([place_of(scene, thing, frames[n]) - eye for n, eye in zip(window, eyes, strict=True)])

    if measure == "orientation":
        return describe_directions(seen([axes_of(scene, asked.things[0], frames[n])[0] for n in window]))
    every = [places(thing) for thing in asked.things]
    if measure == "distance":
        return describe_series(np.linalg.norm(every[0] - every[1], axis=1), NEAR * scale)
    if measure == "direction":
        return describe_directions(every[0] - every[1])
    if measure == "prediction":
        return describe_directions(every[0][1:] - every[0][:1])
    speeds = [np.linalg.norm(np.diff(one, axis=0), axis=1) for one in every]
    if measure == "speed":
        return describe_series(speeds[0], STILL * scale)
    return compare_series(speeds[0], speeds[1], STILL * scale)


def place_of(scene: MovingScene, thing: int, frame: int) -> Floats:
    """In the hall, the middle of it."""
    if thing == CAMERA:
        return np.array(scene.path[frame].place, float)
    x, y, z = scene.motions[thing].places[frame].tolist()
    return np.array([x, y, z + sum(scene.bodies[thing].span) / 2])


def axes_of(scene: MovingScene, thing: int, frame: int) -> Floats:
    """Ahead, to the left and up, as rows."""
    pitch = 0.0
    if thing == CAMERA:
        heading, pitch = scene.path[frame].heading * HUNDREDTHS, scene.path[frame].pitch * HUNDREDTHS
    else:
        heading = scene.motions[thing].headings[frame] * HUNDREDTHS
    ahead = np.array([math.cos(heading) * math.cos(pitch), math.sin(heading) * math.cos(pitch), math.sin(pitch)])
    left = np.array([-math.sin(heading), math.cos(heading), 0.0])
    return np.stack([ahead, left, np.cross(ahead, left)])
