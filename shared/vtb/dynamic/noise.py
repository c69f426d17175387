"""A video as somebody would know it whose eye is not exact, and answers that do not mind.

Places are off by a share of their distance from the camera, anew in every frame, and so is the camera's own, by a share
of the video's scale; directions of agents are off by degrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vtb.dynamic.asked import Asked, Rejected, answer_if_any, answer_to
from vtb.dynamic.viewpoint import length, scale_of
from vtb.perception.perceived import Perceived, Track

DEGREES = 400.0  # by which directions are off, for a share of 1: two degrees for half a per cent
COPIES = 4


def noisy(rng: np.random.Generator, video: Perceived, share: float, degrees: float) -> Perceived:
    """The video with errors; ``share`` and ``degrees`` are standard deviations."""
    poses = video.poses.copy()
    poses[:, :3, 3] += rng.normal(0, share, (len(poses), 3)) * scale_of(video)
    return replace(video, poses=poses, tracks=tuple(_noisy(rng, track, share, degrees) for track in video.tracks))


def _noisy(rng: np.random.Generator, track: Track, share: float, degrees: float) -> Track:
    centres = track.centres + rng.normal(0, share, track.centres.shape) * length(track.centres)[:, None]
    return replace(track, centres=centres, angles=track.angles + rng.normal(0, degrees, track.angles.shape))


def copies_of(video: Perceived, share: float, seed: int) -> tuple[Perceived, ...]:
    """Some such videos; none where nothing is off."""
    rng = np.random.default_rng(seed)
    return tuple(noisy(rng, video, share, DEGREES * share) for _ in range(COPIES if share else 0))


def steady_answer(video: Perceived, copies: Sequence[Perceived], asked: Asked) -> tuple[str, ...]:
    """The right answer, which is the same in all copies.

    Raises:
        Rejected: there is none, or a small error would make it another.
    """
    answer = answer_to(video, asked)
    for copy in copies:
        if answer_if_any(copy, asked) != answer:
            raise Rejected("a small error would make the answer another")
    return answer
