"""Points seen from a camera or from a thing that acts.

A camera's axes are OpenCV's (x right, y down, z ahead). The axes of a viewpoint, in which answers speak, are x ahead,
y to the left, z up. Sums are written out: what a library for matrices adds in another order on another machine could
tip an answer.
"""

from __future__ import annotations

import numpy as np

from vtb.perception.perceived import Floats

AHEAD = np.array([0.0, 0.0, 1.0])  # of a camera, in its own axes


def turned(matrix: Floats, points: Floats) -> Floats:
    """Points (..., 3) multiplied by matrices (..., 3, 3) from the left."""
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    return np.stack([matrix[..., row, 0] * x + matrix[..., row, 1] * y + matrix[..., row, 2] * z
                     for row in range(3)], axis=-1)  # fmt: skip


def product(one: Floats, other: Floats) -> Floats:
    """Of matrices (..., 3, 3)."""
    return np.stack([turned(one, other[..., column]) for column in range(3)], axis=-1)


def transposed(matrix: Floats) -> Floats:
    """The inverse of rotations (..., 3, 3)."""
    return np.swapaxes(matrix, -1, -2)


def to_world(pose: Floats, points: Floats) -> Floats:
    """Points (..., 3) of a camera in the world; pose (..., 4, 4)."""
    return turned(pose[..., :3, :3], points) + pose[..., :3, 3]


def to_camera(pose: Floats, points: Floats) -> Floats:
    """Points (..., 3) of the world in a camera's axes; pose (..., 4, 4)."""
    return turned(transposed(pose[..., :3, :3]), points - pose[..., :3, 3])


def camera_view(points: Floats) -> Floats:
    """Points or directions (..., 3) of a camera in the axes of its viewpoint."""
    return np.stack([points[..., 2], -points[..., 0], -points[..., 1]], axis=-1)


def agent_axes(angles: Floats) -> Floats:
    """From the camera's axes to those of an agent's viewpoint, (..., 3, 3): its rows are front, left and up.

    Args:
        angles: (..., 3), azimuth, polar and rotation in degrees as Orient-Anything gives them; with all 0 the agent
            faces the camera, with an azimuth of 90 the left of the picture.
    """
    azimuth, polar, rotation = (np.radians(angles[..., axis]) for axis in range(3))
    quarter = np.full_like(azimuth, np.pi / 2)
    facing = product(_about_y(azimuth), product(_about_x(polar), _about_z(rotation)))
    return product(_about_z(3 * quarter), product(_about_x(quarter), facing))


def angles_of(front: Floats, left: Floats, up: Floats) -> Floats:
    """The angles (..., 3) in degrees of an agent whose unit vectors (..., 3) in the camera's axes these are."""
    # The product of the three turns by the angles has the rows left, -up and -front.
    azimuth = np.arctan2(-left[..., 2], -front[..., 2])
    polar = np.arcsin(np.clip(-up[..., 2], -1.0, 1.0))
    rotation = np.arctan2(up[..., 0], -up[..., 1])
    found: Floats = np.degrees(np.stack([azimuth, polar, rotation], axis=-1))
    return found


def _matrix(rows: list[list[Floats]]) -> Floats:
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _about_x(angle: Floats) -> Floats:
    c, s, one, zero = np.cos(angle), np.sin(angle), np.ones_like(angle), np.zeros_like(angle)
    return _matrix([[one, zero, zero], [zero, c, s], [zero, -s, c]])


def _about_y(angle: Floats) -> Floats:
    c, s, one, zero = np.cos(angle), np.sin(angle), np.ones_like(angle), np.zeros_like(angle)
    return _matrix([[c, zero, -s], [zero, one, zero], [s, zero, c]])


def _about_z(angle: Floats) -> Floats:
    c, s, one, zero = np.cos(angle), np.sin(angle), np.ones_like(angle), np.zeros_like(angle)
    return _matrix([[c, s, zero], [-s, c, zero], [zero, zero, one]])
