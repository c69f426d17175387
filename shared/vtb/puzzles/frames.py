"""Judging a clip by its last frame, as the benchmark does for most puzzles."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from vtb.canvas import Image
from vtb.puzzles.family import ClipFrame, Record, Score

NO_FRAMES = Score(False, False, "no frames")
FrameJudge = Callable[[Record, Image, "Image | None"], Score]


def score_last(
    judge: FrameJudge, record: Record, frames: Iterable[ClipFrame], puzzle: Image | None
) -> dict[str, Score]:
    """The verdict on the last frame."""
    last = deque(frames, maxlen=1)
    return {"last": judge(record, last[0](), puzzle) if last else NO_FRAMES}
