"""What is known of a scene: all of it, but for what the camera does not see.

A box in the picture is as wide as the body is on average over all its turns, so that it tells where the body is and
nothing of where its front looks.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vtb.dynamic.geometry import angles_of, turned
from vtb.perception.perceived import Floats, Perceived, Track
from vtb.scenes.camera import FOCAL, NEAR, cosine, sine
from vtb.scenes.moving.scene import Body, MovingScene
from vtb.scenes.scene import Pose

IN_PICTURE, UNHIDDEN = 0.6, 0.5  # shares of a box
LEAST_SIDE = 0.02  # of a box, in heights of the picture
_ENDS = np.array([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (0, 1)], np.float64)


def perceive_exactly(scene: MovingScene, frames: Sequence[int], fps: int, size: tuple[int, int]) -> Perceived:
    """What is true of some frames of the clip in pictures of a size (width, height); lengths in millimeters."""
    poses = poses_of(tuple(scene.path[frame] for frame in frames))
    places = np.stack([motion.places[list(frames)] for motion in scene.motions]).astype(np.float64)
    boxes, clear = _boxes(scene, poses, places, size)
    hidden = _hidden(scene.bodies, poses, places, boxes)
    tracks, unknown = [], np.full((len(frames), 3), np.nan)
    for number, body in enumerate(scene.bodies):
        seen = (clear[number] & ~hidden[number])[:, None]
        middle = places[number] + np.array([0, 0, sum(body.span) / 2])
        centres = turned(np.swapaxes(poses[:, :3, :3], 1, 2), middle - poses[:, :3, 3])
        angles = _angles(scene.motions[number].headings[list(frames)], poses) if body.agent else unknown
        tracks.append(Track(
            body.name, body.agent, np.where(seen, boxes[number], np.nan), np.where(seen, centres, np.nan), angles,
            np.full(len(frames), float(body.agent)),
        ))  # fmt: skip
    return Perceived(np.array(frames) / fps, poses, size, tuple(tracks))


@functools.lru_cache(maxsize=4)  # other motions are seen from the same way
def poses_of(path: tuple[Pose, ...]) -> Floats:
    """From the camera's axes to the hall, shape (n, 4, 4)."""
    found = np.zeros((len(path), 4, 4))
    for pose, matrix in zip(path, found, strict=True):
        ahead, across, level, up = (turn(angle) for angle in (pose.heading, pose.pitch) for turn in (cosine, sine))
        matrix[:3, 0] = across, -ahead, 0.0
        matrix[:3, 1] = ahead * up, across * up, -level
        matrix[:3, 2] = ahead * level, across * level, up
        matrix[:3, 3], matrix[3, 3] = pose.place, 1.0
    return found


def _boxes(
    scene: MovingScene, poses: Floats, places: Floats, size: tuple[int, int]
) -> tuple[Floats, NDArray[np.bool_]]:
    """The boxes (bodies, n, 4) within the picture, and whether enough of each is there to be seen."""
    width, height = size
    right = poses[:, :3, 0]
    onward = np.stack([-right[:, 1], right[:, 0], np.zeros(len(poses))], axis=1)
    up = np.array([0.0, 0.0, 1.0])
    axes = np.stack([right, onward, np.broadcast_to(up, right.shape)], axis=1)  # (n, 3, 3)
    far = np.array([[body.reach, body.reach, body.span[1] - body.span[0]] for body in scene.bodies])
    lifted = np.array([[0.0, 0.0, body.span[0]] for body in scene.bodies])
    ends = turned(np.swapaxes(axes, 1, 2)[None, :, None], (_ENDS * far[:, None])[:, None]) + lifted[:, None, None]
    points = places[:, :, None] + ends - poses[None, :, None, :3, 3]
    seen = turned(np.swapaxes(poses[:, :3, :3], 1, 2)[None, :, None], points)
    depth = np.maximum(seen[..., 2], NEAR)
    x = seen[..., 0] / depth * FOCAL * width + (width - 1) / 2
    y = seen[..., 1] / depth * FOCAL * width + (height - 1) / 2
    whole = np.stack([x.min(axis=2), y.min(axis=2), x.max(axis=2), y.max(axis=2)], axis=-1)
    boxes = np.rint(np.clip(whole, 0, np.array([width - 1, height - 1] * 2)))
    enough = _area(boxes) >= IN_PICTURE * _area(whole)
    large = (boxes[..., 2:] - boxes[..., :2] >= LEAST_SIDE * height).all(axis=-1)
    return boxes, enough & large & (seen[..., 2] > NEAR).all(axis=2)


def _hidden(bodies: Sequence[Body], poses: Floats, places: Floats, boxes: Floats) -> NDArray[np.bool_]:
    """Whether a nearer body's box covers much of a body's, shape (bodies, n).

    Of two discs on a floor that do not touch, the one whose tangents from the eye are shorter may hide the other.
    """
    away = places[..., :2] - poses[None, :, :2, 3]
    radii = np.array([body.radius for body in bodies], np.float64)
    tangents = away[..., 0] * away[..., 0] + away[..., 1] * away[..., 1] - (radii * radii)[:, None]
    low = np.maximum(boxes[:, None, :, :2], boxes[None, :, :, :2])
    high = np.minimum(boxes[:, None, :, 2:], boxes[None, :, :, 2:])
    common = np.maximum(high - low, 0).prod(axis=-1)
    nearer = tangents[None] < tangents[:, None]
    return np.asarray((nearer & (common > (1 - UNHIDDEN) * _area(boxes)[:, None])).any(axis=1), np.bool_)


def _area(boxes: Floats) -> Floats:
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def _angles(headings: NDArray[np.int64], poses: Floats) -> Floats:
    """The angles (n, 3) of a body that stands upright."""
    to_camera = np.swapaxes(poses[:, :3, :3], 1, 2)
    front = np.array([[cosine(angle), sine(angle), 0.0] for angle in headings.tolist()])
    left = np.stack([-front[:, 1], front[:, 0], front[:, 2]], axis=1)
    up = np.broadcast_to(np.array([0.0, 0.0, 1.0]), front.shape)
    return angles_of(turned(to_camera, front), turned(to_camera, left), turned(to_camera, up))
