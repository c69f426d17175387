"""A video as questions about it need it: the camera's pose in every frame, and of every thing where it is and faces.

Axes of a camera are OpenCV's: x to the right, y down, z ahead. Lengths have any unit, the same in the whole video.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Frames = NDArray[np.uint8]


@dataclass(frozen=True)
class Track:
    """One thing in N frames; NaN where it is not known.

    Attributes:
        label: its class in lower case, such as ``dog``.
        agent: whether it acts by itself, and so has a front and a view of its own.
        boxes: shape (N, 4), in pixels of the frames: left, top, right, bottom.
        centres: shape (N, 3), in the axes of each frame's own camera.
        angles: shape (N, 3), degrees as Orient-Anything has them: azimuth (0: it faces the camera; 90: the left of the
            picture), polar, rotation.
        confidence: shape (N,), how far the angles are to be trusted, 0 to 1.
    """

    label: str
    agent: bool
    boxes: Floats
    centres: Floats
    angles: Floats
    confidence: Floats

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Shape (N,): the frames in which its place is known."""
        return np.asarray(np.isfinite(np.concatenate([self.centres, self.boxes], axis=1)).all(axis=1), np.bool_)


@dataclass(frozen=True)
class Perceived:
    """A whole video.

    Attributes:
        times: shape (N,), seconds.
        poses: shape (N, 4, 4), from each frame's camera to the world.
        size: width and height of the frames in pixels.
        tracks: its things.
    """

    times: Floats
    poses: Floats
    size: tuple[int, int]
    tracks: tuple[Track, ...]


class Backend(Protocol):
    """Whatever finds this out."""

    def perceive(self, frames: Frames, times: Floats, agents: Sequence[str], objects: Sequence[str]) -> Perceived:
        """What is in the frames (N, H, W, 3) of a video, looked for by the names of classes.

        Raises:
            UnreadableVideo: nothing can be said about this one; the message says why.
        """
        ...
