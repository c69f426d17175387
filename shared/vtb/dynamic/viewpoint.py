"""Where things are and what they face, seen by the camera or an agent, as at one time or going along with the video.

All results have the axes of the viewpoint and NaN where something is not known. A thing is the number of its track; the
camera, which is a thing, too, is ``CAMERA``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vtb.dynamic.geometry import AHEAD, agent_axes, camera_view, to_camera, to_world, transposed, turned
from vtb.perception.perceived import Floats, Perceived

CAMERA = -1
LEAST_CONFIDENCE = 0.6  # of an agent's angles, as the DSR Suite has it
_DIGITS = 9  # beyond these, machines differ


@dataclass(frozen=True)
class Viewer:
    """Who looks.

    Attributes:
        thing: the camera, or the number of an agent's track.
        frame: the frame whose place and direction are kept; None where the viewer goes along with the video.
    """

    thing: int
    frame: int | None = None


def positions(video: Perceived, thing: int, viewer: Viewer) -> Floats:
    """Of a thing in every frame, shape (N, 3)."""
    points = _centres(video, thing)
    if viewer.frame is None:
        return np.round(_from_there(video, points, viewer.thing, slice(None)), _DIGITS)
    moved = to_camera(video.poses[viewer.frame], to_world(video.poses, points))
    return np.round(_from_there(video, moved, viewer.thing, viewer.frame), _DIGITS)


def fronts(video: Perceived, thing: int, viewer: Viewer) -> Floats:
    """What a thing faces in every frame, unit vectors (N, 3)."""
    ways = np.broadcast_to(AHEAD, (len(video.times), 3)) if thing == CAMERA else _axes(video, thing)[:, 0]
    if viewer.frame is None:
        at: slice | int = slice(None)
    else:
        at = viewer.frame
        ways = turned(transposed(video.poses[at, :3, :3]), turned(video.poses[:, :3, :3], ways))
    seen = camera_view(ways) if viewer.thing == CAMERA else turned(_axes(video, viewer.thing)[at], ways)
    return np.round(seen, _DIGITS)


def distances(video: Perceived, one: int, other: int) -> Floats:
    """Between two things in every frame, shape (N,)."""
    return np.round(length(_centres(video, one) - _centres(video, other)), _DIGITS)


def length(vectors: Floats) -> Floats:
    """Of vectors (..., 3)."""
    x, y, z = (vectors[..., axis] for axis in range(3))
    found: Floats = np.sqrt(x * x + y * y + z * z)
    return found


def scale_of(video: Perceived) -> float:
    """How far things are from the camera, the median over all of them and all frames: the unit of what is near zero."""
    far = [length(track.centres[track.seen]) for track in video.tracks]
    every = np.concatenate([*far, np.zeros(0)])
    return float(np.median(every)) if len(every) else float("nan")


def _centres(video: Perceived, thing: int) -> Floats:
    if thing == CAMERA:
        return np.zeros((len(video.times), 3))
    track = video.tracks[thing]
    return np.where(track.seen[:, None], track.centres, np.nan)


def _axes(video: Perceived, thing: int) -> Floats:
    """The axes of an agent in every frame, (N, 3, 3)."""
    track = video.tracks[thing]
    sure = (track.confidence >= LEAST_CONFIDENCE)[:, None] & track.seen[:, None]
    return agent_axes(np.where(sure, track.angles, np.nan))


def _from_there(video: Perceived, points: Floats, thing: int, at: slice | int) -> Floats:
    """Points (N, 3) of the cameras of some frames, or of one, in the axes of the camera or an agent there."""
    if thing == CAMERA:
        return camera_view(points)
    return turned(_axes(video, thing)[at], points - _centres(video, thing)[at])
