"""A scene from all sides: cameras that stand around it and see all of it, as the views of 4D-Bench do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vtb.scenes.camera import cosine, sine
from vtb.scenes.moving.motion import MIDDLE
from vtb.scenes.moving.scene import MovingScene
from vtb.scenes.moving.truth import perceive_exactly
from vtb.scenes.scene import TURN, Pose

CAMERAS = 24  # in a circle; a view of 4D-Bench has the number of one
AWAY, UP, EYES = 9000, 4500, 900  # from the middle; above the floor, and above what flies; height of what they look at


def seen_from_side(scene: MovingScene, camera: int) -> MovingScene:
    """The scene with one of the cameras, which stands still."""
    angle = camera * TURN // CAMERAS
    place = (MIDDLE + round(AWAY * cosine(angle)), MIDDLE + round(AWAY * sine(angle)), UP)
    pitch = round(math.degrees(math.atan2(EYES - UP, AWAY)) * TURN / 360)
    return replace(scene, path=(Pose(place, (angle + TURN // 2) % TURN, pitch),) * len(scene.path))


def seen_always(
    scene: MovingScene, cameras: Sequence[int], frames: Sequence[int], size: tuple[int, int]
) -> NDArray[np.bool_]:
    """Which bodies some camera sees in each of the frames, shape (bodies,)."""
    views = [perceive_exactly(seen_from_side(scene, camera), frames, 1, size) for camera in cameras]
    seen = np.array([[track.seen for track in view.tracks] for view in views])  # (cameras, bodies, frames)
    return np.asarray(np.all(np.any(seen, axis=0), axis=1), np.bool_)
