"""Judging a clip by the frame that is nearest to the solution, as the benchmark does for visual puzzles."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from vtb.puzzles.judging.frames import NO_FRAMES, same
from vtb.puzzles.visual.common.crop import area_of
from vtb.puzzles.visual.common.judge import Expected, diff, judge
from vtb.tasks.score import Score
from vtb.tasks.task import ClipFrame


def judge_best(
    frames: Iterable[ClipFrame], area: Sequence[float], size: Sequence[int], expected: Expected
) -> dict[str, Score]:
    """The verdict on the frame with the lowest Diff, whose number is in the details.

    Args:
        frames: of the clip.
        area: left, top and side of the puzzle in a frame of nominal size.
        size: width and height of that nominal size.
        expected: what answers are compared with.
    """
    best, lowest, number = None, float("inf"), 0
    before: ClipFrame | None = None
    for count, frame in enumerate(frames):
        if before is not None and same(frame, before):
            continue
        before, seen = frame, area_of(frame(), area, size)
        distance = diff(seen, expected)
        if distance < lowest:
            best, lowest, number = seen.copy(), distance, count
    if best is None:
        return {"best": NO_FRAMES}
    score = judge(best, expected)
    return {"best": dataclasses.replace(score, details={**score.details, "best_frame": number})}
