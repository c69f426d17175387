"""A maze in a clip: where it lies in the frame, when how much of a line is drawn, and the part that a frame adds."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterator, Sequence

from vtb.errors import BadInput
from vtb.media.image import Letterbox
from vtb.puzzles.family import Clip, ClipRecord

Point = tuple[int, int]
HOLD = 0.2  # share of a clip that shows the final state


def clip_record(clip: Clip, width: int, height: int, scale: float) -> ClipRecord:
    """What a record says of its clip; the maze has ``width`` x ``height`` pixels there and lies in the middle."""
    return ClipRecord(
        frames=clip.frames,
        fps=clip.fps,
        size=clip.size,
        scale=scale,
        offset=((clip.size[0] - width) // 2, (clip.size[1] - height) // 2),
    )


def letterbox(clip: ClipRecord) -> Letterbox:
    """The place of the canvas in the frame."""
    return Letterbox(clip.scale, *clip.offset)


def validate_clip(clip: ClipRecord, width: int, height: int) -> None:
    """Refuse a clip that a maze of this size does not lie inside."""
    (frame_width, frame_height), (left, top) = clip.size, clip.offset
    inside = 0 <= left <= frame_width - width and 0 <= top <= frame_height - height
    if not (inside and min(width, height) > 0):
        raise BadInput("the maze does not lie inside its clip")


def growth(frames: int, length: float) -> Iterator[tuple[float, float]]:
    """From where to where along a line each frame after the first draws: constant speed, then a hold."""
    growing = frames - 1 - max(5, round(HOLD * frames)) if frames > 12 else max(1, frames - 2)
    for number in range(1, frames):
        before, now = (min(length, length * (number - back) / growing) for back in (1, 0))
        yield before, now


def lengths_along(points: Sequence[Point]) -> list[float]:
    """How far along a line each of its points lies."""
    steps = (math.dist(a, b) for a, b in itertools.pairwise(points))
    return list(itertools.accumulate(steps, initial=0.0))


def stretch(points: Sequence[Point], lengths: Sequence[float], start: float, end: float) -> list[Point]:
    """The part of a line from one length along it to another; ``lengths`` are those of ``lengths_along``."""
    inner = points[bisect.bisect_right(lengths, start) : bisect.bisect_left(lengths, end)]
    return [_along(points, lengths, start), *inner, _along(points, lengths, end)]


def _along(points: Sequence[Point], lengths: Sequence[float], length: float) -> Point:
    index = min(bisect.bisect_right(lengths, length), len(points) - 1) - 1
    share = (length - lengths[index]) / (lengths[index + 1] - lengths[index])
    (x, y), (u, v) = points[index], points[index + 1]
    return round(x + (u - x) * share), round(y + (v - y) * share)
