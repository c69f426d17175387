"""From points in a room to points of a picture, the same on every machine.

Nothing but additions, multiplications and divisions of single numbers, whose results IEEE 754 fixes; sines, which it
does not, are rounded to what every library agrees on.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtb.scenes.scene import TURN, Pose

Floats = NDArray[np.float64]
NEAR = 50.0  # millimetres before the camera at which everything is cut off
FOCAL = 0.6  # focal length in widths of the picture: 80 degrees from left to right
SHIFT = 4  # corners of polygons are given to OpenCV in sixteenths of pixels
GUARD = 30.0  # polygons that reach farther than this many half pictures from the middle are cut


@functools.cache
def sine(angle: int) -> float:
    """Of hundredths of a degree."""
    return round(math.sin(math.tau * (angle % TURN) / TURN) * 2**24) / 2**24


def cosine(angle: int) -> float:
    """Of hundredths of a degree."""
    return sine(angle + TURN // 4)


@dataclass(frozen=True)
class Camera:
    """A pose, and the size of the picture in pixels."""

    pose: Pose
    width: int
    height: int

    def seen_from(self, points: Floats) -> Floats:
        """Points (..., 3) of the room as the camera has them: to its right, below it, before it."""
        heading, pitch = self.pose.heading, self.pose.pitch
        ahead, across, level, up = cosine(heading), sine(heading), cosine(pitch), sine(pitch)
        x, y, z = (points[..., axis] - float(self.pose.place[axis]) for axis in range(3))
        forward = x * ahead + y * across
        return np.stack([x * across - y * ahead, forward * up - z * level, forward * level + z * up], axis=-1)

    def inside(self, seen: Floats) -> NDArray[np.bool_]:
        """Which points (..., 3) lie before the camera and within the picture."""
        across, down = self._limits(1.0)
        x, y, z = (seen[..., axis] for axis in range(3))
        within: NDArray[np.bool_] = (z >= NEAR) & (np.abs(x) <= across * z) & (np.abs(y) <= down * z)
        return within

    def project(self, seen: Floats) -> NDArray[np.int32]:
        """Points (..., 3) before the camera to (..., 2) in the picture, in sixteenths of pixels."""
        focal = FOCAL * self.width
        x = seen[..., 0] / seen[..., 2] * focal + (self.width - 1) / 2
        y = seen[..., 1] / seen[..., 2] * focal + (self.height - 1) / 2
        return np.rint(np.stack([x, y], axis=-1) * (1 << SHIFT)).astype(np.int32)

    def out_of_view(self, seen: Floats) -> NDArray[np.bool_]:
        """Which polygons (n, corners, 3) lie wholly on the far side of a border of the picture."""
        return np.asarray(self._beyond(seen, 1.0).all(axis=-2).any(axis=-1), np.bool_)

    def to_be_cut(self, seen: Floats) -> NDArray[np.bool_]:
        """Which polygons (n, corners, 3) cannot be projected as they are."""
        return np.asarray(self._beyond(seen, GUARD).any(axis=(-2, -1)), np.bool_)

    def cut(self, seen: Floats) -> Floats:
        """The part (corners, 3) of one polygon that can be projected (Sutherland and Hodgman 1974); may be empty."""
        across, down = self._limits(GUARD)
        corners = [tuple(corner) for corner in seen.tolist()]
        corners = _cut(corners, (0.0, 0.0, 1.0), NEAR)
        for plane in ((-1.0, 0.0, across), (1.0, 0.0, across), (0.0, -1.0, down), (0.0, 1.0, down)):
            corners = _cut(corners, plane, 0.0)
        return np.array(corners, np.float64).reshape(-1, 3)

    def _limits(self, guard: float) -> tuple[float, float]:
        """How far a point may be to the side and down, for each unit before the camera."""
        return guard * 0.5 / FOCAL, guard * 0.5 * self.height / self.width / FOCAL

    def _beyond(self, seen: Floats, guard: float) -> NDArray[np.bool_]:
        across, down = self._limits(guard)
        x, y, z = (seen[..., axis] for axis in range(3))
        side, fall = across * z, down * z
        return np.stack([z < NEAR, x > side, -x > side, y > fall, -y > fall], axis=-1)


def _cut(
    corners: Sequence[tuple[float, ...]], plane: tuple[float, float, float], least: float
) -> list[tuple[float, ...]]:
    """What of a polygon lies where the plane's product with a point is no less than a bound."""
    heights = [plane[0] * x + plane[1] * y + plane[2] * z - least for x, y, z in corners]
    if all(height >= 0 for height in heights):
        return list(corners)
    kept: list[tuple[float, ...]] = []
    for number, (corner, height) in enumerate(zip(corners, heights, strict=True)):
        before, height_before = corners[number - 1], heights[number - 1]
        if (height >= 0) != (height_before >= 0):
            share = height_before / (height_before - height)
            kept.append(tuple(a + share * (b - a) for a, b in zip(before, corner, strict=True)))
        if height >= 0:
            kept.append(corner)
    return kept
