"""Smooth ways: uniform quadratic B-splines through control points, with their speeds (de Boor 1978, chapter IX)."""

from __future__ import annotations

import functools

import numpy as np

from vtb.perception.perceived import Floats

SEGMENTS = 8  # of a whole clip
CONTROLS = SEGMENTS + 2


def along(controls: Floats, frames: int) -> Floats:
    """The way (frames, ...) of controls (CONTROLS, ...), from one end of the clip to the other."""
    first, weights, _ = _weights(frames)
    return _summed(controls, first, weights)


def at_frame(controls: Floats, frames: int, frame: int) -> Floats:
    """The place of the way in one frame, shape (...)."""
    first, weights, _ = _weights(frames)
    three = controls[first[frame] : first[frame] + 3]
    found: Floats = weights[frame, 0] * three[0] + weights[frame, 1] * three[1] + weights[frame, 2] * three[2]
    return found


def velocity(controls: Floats, frames: int) -> Floats:
    """Its derivative (frames, ...), for each segment."""
    first, _, weights = _weights(frames)
    return _summed(controls, first, weights)


def _summed(controls: Floats, first: np.ndarray, weights: Floats) -> Floats:
    shape = (-1,) + (1,) * (controls.ndim - 1)
    parts = [weights[:, place].reshape(shape) * controls[first + place] for place in range(3)]
    found: Floats = parts[0] + parts[1] + parts[2]
    return found


@functools.cache
def _weights(frames: int) -> tuple[np.ndarray, Floats, Floats]:
    """The first control of each frame, and what its three are multiplied by for the place and the speed."""
    at = np.arange(frames) * SEGMENTS / max(1, frames - 1)
    first = np.minimum(at.astype(np.int64), SEGMENTS - 1)
    t = at - first
    places = np.stack([(1 - t) * (1 - t) / 2, 0.5 + t - t * t, t * t / 2], axis=1)
    return first, places, np.stack([t - 1, 1 - 2 * t, t], axis=1)
