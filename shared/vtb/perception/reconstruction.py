"""Where everything in a video is: a point for each pixel, and the camera's pose in each frame.

Whatever finds this out is a ``Reconstructor``; which of its points to trust is decided here, as the DSR Suite does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vtb.perception.perceived import Floats, Frames

LEAST_CONFIDENCE = 0.1
EDGE = 0.03  # a step in depth within 3 x 3 pixels, as a share of the depth
Points = NDArray[np.float32]


@dataclass(frozen=True)
class Reconstruction:
    """A video in space, at whatever size (h, w) it was looked at.

    Attributes:
        points: shape (N, h, w, 3), in the axes of each frame's own camera: x right, y down, z ahead; any unit.
        valid: shape (N, h, w), which points can be trusted.
        poses: shape (N, 4, 4), from each frame's camera to the world.
    """

    points: Points
    valid: NDArray[np.bool_]
    poses: Floats

    def at_size(self, frame: int, height: int, width: int) -> tuple[Points, NDArray[np.bool_]]:
        """The points (H, W, 3) of one frame and which are valid (H, W), each pixel with the nearest point there is."""
        rows, columns = (
            _nearest(there, here) for there, here in zip(self.valid.shape[1:], (height, width), strict=True)
        )
        return self.points[frame][rows[:, None], columns], self.valid[frame][rows[:, None], columns]


class Reconstructor(Protocol):
    """Whatever reconstructs videos."""

    def reconstruct(self, frames: Frames) -> Reconstruction:
        """A video (N, H, W, 3) in space."""
        ...


def trusted(confidence: NDArray[np.float32], depths: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which points of a video can be trusted, shape (N, h, w).

    Args:
        confidence: shape (N, h, w), logits.
        depths: shape (N, h, w), the points' z. At edges, points float between what is near and what is far.
    """
    enough = confidence > np.log(LEAST_CONFIDENCE / (1 - LEAST_CONFIDENCE))
    return np.asarray(enough & ~np.stack([_edges(depth) for depth in depths]), np.bool_)


def _edges(depth: NDArray[np.float32]) -> NDArray[np.bool_]:
    import cv2

    around = np.ones((3, 3), np.uint8)
    step = cv2.dilate(depth, around) - cv2.erode(depth, around)
    return np.asarray(step > EDGE * depth, np.bool_)


def _nearest(there: int, here: int) -> NDArray[np.int64]:
    """For each of so many pixels the one of ``there`` that lies where its middle does."""
    return (2 * np.arange(here) + 1) * there // (2 * here)
