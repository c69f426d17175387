"""What a camera sees, found another way: a ray through the middle of each pixel, and the first box that it meets."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from vtb.scenes.camera import FOCAL
from vtb.scenes.scene import Box, Pose, Scene

NOTHING = -1


def seen_things(scene: Scene, pose: Pose, size: tuple[int, int], only: int | None = None) -> NDArray[np.int64]:
    """The number of the thing that each pixel shows, (height, width); of all things, or of one as if it were alone."""
    rays, eye = rays_of(pose, size), np.array(pose.place, float)
    nearest, owner = np.full(rays.shape[:2], np.inf), np.full(rays.shape[:2], NOTHING)
    for number, thing in enumerate(scene.things):
        if only in (None, number):
            way = way_to(thing.boxes, eye, rays)
            hit = way < nearest
            nearest[hit], owner[hit] = way[hit], number
    return owner


def way_to(boxes: Iterable[Box], eye: NDArray[np.float64], rays: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far along each ray (..., 3) the first of some boxes begins; infinite where it meets none."""
    nearest = np.full(rays.shape[:-1], np.inf)
    for box in boxes:
        with np.errstate(divide="ignore", invalid="ignore"):
            ways = np.stack([(np.array(side, float) - eye) / rays for side in (box.low, box.high)])
        enter, leave = ways.min(axis=0).max(axis=-1), ways.max(axis=0).min(axis=-1)
        hit = (enter <= leave) & (leave > 0) & (enter < nearest)
        nearest[hit] = enter[hit]
    return nearest


def rays_of(pose: Pose, size: tuple[int, int]) -> NDArray[np.float64]:
    """By rotations: a picture that looks along x, turned down by the pitch and round by the heading."""
    width, height = size
    columns, rows = np.meshgrid(np.arange(width) - (width - 1) / 2, np.arange(height) - (height - 1) / 2)
    focal = FOCAL * width
    ahead = np.stack([np.full(columns.shape, focal), -columns, -rows], axis=-1)  # forward, left, up
    heading, pitch = (math.radians(angle / 100) for angle in (pose.heading, pose.pitch))
    lift = np.array([[math.cos(pitch), 0, -math.sin(pitch)], [0, 1, 0], [math.sin(pitch), 0, math.cos(pitch)]])
    turn = np.array([[math.cos(heading), -math.sin(heading), 0], [math.sin(heading), math.cos(heading), 0], [0, 0, 1]])
    rays: NDArray[np.float64] = ahead @ (turn @ lift).T
    return rays
