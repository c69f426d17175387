"""One question before it has words: who looks, at what, and when; and its right answer in a video."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vtb.dynamic.describe import MOST_SEGMENTS, compare_series, describe_directions, describe_series
from vtb.dynamic.kinds import Kind
from vtb.dynamic.viewpoint import CAMERA, Viewer, distances, fronts, length, positions, scale_of
from vtb.perception.perceived import Floats, Perceived

HELD_BACK = 2  # frames at the end that no window has: what predictions are about
NEAR, STILL = 0.05, 0.01  # of the video's scale: below, distances and ways between two frames are near zero


class Rejected(Exception):
    """A question that cannot be asked of a video; the message is the reason, in a few words that can be counted."""


@dataclass(frozen=True)
class Asked:
    """A question.

    Attributes:
        kind: its type.
        viewer: who looks.
        things: what it asks about: tracks, or the camera.
        first: the first frame of the window; for predictions the last frame that is shown.
        last: its last frame; for predictions the last of the video.
    """

    kind: Kind
    viewer: Viewer
    things: tuple[int, ...]
    first: int
    last: int

    @property
    def boxes(self) -> dict[int, int]:
        """The frame in which the words give the box of each track that they name."""
        frames = dict.fromkeys(self.things, self.first)
        frames[self.viewer.thing] = self.first if self.viewer.frame is None else self.viewer.frame
        return {thing: frame for thing, frame in frames.items() if thing != CAMERA}


def answer_to(video: Perceived, asked: Asked) -> tuple[str, ...]:
    """The segments of the right answer.

    Raises:
        Rejected: there is none, or none that can be seen.
    """
    for thing, frame in asked.boxes.items():
        if not video.tracks[thing].seen[frame]:
            raise Rejected("out of sight where its box is given")
    found = _described(video, asked)
    if found is None:
        raise Rejected("at one place with another")
    if len(found) > MOST_SEGMENTS:
        raise Rejected(f"more than {MOST_SEGMENTS} changes")
    return found


def answer_if_any(video: Perceived, asked: Asked) -> tuple[str, ...] | None:
    """The same; None where there is none."""
    try:
        return answer_to(video, asked)
    except Rejected:
        return None


def _described(video: Perceived, asked: Asked) -> tuple[str, ...] | None:
    """By the rule of its measure."""
    measure, scale = asked.kind.measure, scale_of(video)
    if measure == "distance":
        between = distances(video, *(asked.things))
        return describe_series(_known(between, asked), NEAR * scale)
    if measure == "orientation":
        return describe_directions(_known(fronts(video, asked.things[0], asked.viewer), asked))
    every = [positions(video, thing, asked.viewer) for thing in asked.things]
    if measure == "prediction":
        return _predicted(every[0], asked, STILL * scale)
    known = [_known(one, asked) for one in every]
    if measure == "direction":
        return describe_directions(known[0] - known[1])
    speeds = [length(one[1:] - one[:-1]) for one in known]
    if measure == "speed":
        return describe_series(speeds[0], STILL * scale)
    return compare_series(speeds[0], speeds[1], STILL * scale)


def _known(values: Floats, asked: Asked) -> Floats:
    """The values in the window."""
    window = values[asked.first : asked.last + 1]
    if not np.isfinite(window).all():
        raise Rejected("out of sight, or its direction unsure, within the window")
    return window


def _predicted(places: Floats, asked: Asked, floor: float) -> tuple[str, ...] | None:
    """The direction of the way from the last frame that is shown to the last of the video."""
    way = places[asked.last] - places[asked.first]
    if not np.isfinite(way).all():
        raise Rejected("out of sight, or its direction unsure, when the video ends")
    if length(way) < floor:
        raise Rejected("hardly moves after the end")
    return describe_directions(way[None])
