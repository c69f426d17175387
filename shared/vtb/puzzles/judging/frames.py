"""Judging a clip by its last frame, as the benchmark does for most puzzles."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from vtb.media.image import Image
from vtb.tasks.score import Score
from vtb.tasks.task import ClipFrame, P

EVERY_LEAD = 255.0
NO_FRAMES = Score(False, False, "no frames")
FrameJudge = Callable[[P, Image, "Image | None"], Score]


def most_red_lead(frame: ClipFrame) -> float:
    """A bound from above on by how much R exceeds G and B in a frame; of a plain function nothing is known."""
    bound: Callable[[], float] | None = getattr(frame, "most_red_lead", None)
    return bound() if bound else EVERY_LEAD


def luma(frame: ClipFrame) -> NDArray[np.uint8] | None:
    """Y of every pixel of a decoded frame (``DecodedFrame.luma``); of a plain function nothing is known."""
    plane: Callable[[], NDArray[np.uint8] | None] | None = getattr(frame, "luma", None)
    return plane() if plane else None


def same(frame: ClipFrame, other: ClipFrame) -> bool:
    """Whether two frames surely show the same; of plain functions that is known only of one and the same."""
    compare: Callable[[ClipFrame], bool] | None = getattr(frame, "same_as", None)
    return frame is other or (compare is not None and type(frame) is type(other) and compare(other))


def score_last(judge: FrameJudge[P], record: P, frames: Iterable[ClipFrame], puzzle: Image | None) -> dict[str, Score]:
    """The verdict on the last frame."""
    last = deque(frames, maxlen=1)
    return {"last": judge(record, last[0](), puzzle) if last else NO_FRAMES}
