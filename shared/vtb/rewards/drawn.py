"""Reward ``drawn``: the task's own judge of a picture or clip, behind a narrower door than an evaluation has.

Parts: ``correct`` (the judge says that the answer is right, and color all over is no answer), ``near`` (how near a
wrong one comes, where the task can tell: mazes, the share of the right path; eyeballing, how much of the red is on the
right point; else as ``correct``), and ``trajectory`` (clips of mazes: the line grows from cell to cell in a maze that
stays as it was; of eyeballing puzzles: the solution's strokes lead to the mark).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from vtb.rewards.reward import DrawingReward
from vtb.tasks.example import Example
from vtb.tasks.registry import task_of
from vtb.tasks.score import Score

if TYPE_CHECKING:  # numpy, which help texts do without
    from vtb.media.image import Image


class DrawnReward(DrawingReward):
    """The verdict of the task's judge."""

    name = "drawn"
    weights = {"correct": 1.0, "near": 0.0, "trajectory": 0.0}  # noqa: RUF012

    def parts(
        self, example: Example, frames: Sequence[Image], shown: Image | None, *, moving: bool
    ) -> dict[str, float]:
        """See the head of this file."""
        if not moving:
            score = task_of(example).reward_image(example.payload, frames[0], shown)
            return {**_parts(score, right=score.strict), "trajectory": 0.0}
        return _clip_parts(example, frames)


def _clip_parts(example: Example, frames: Sequence[Image]) -> dict[str, float]:
    """A clip must also end with the answer: among its frames, one after the other could show every answer there is."""
    task, every = task_of(example), [partial(_given, frame) for frame in frames]
    last = task.reward_frame(example.payload, frames[-1])
    main = next(iter(task.score_video(example.payload, every).values()))
    walked = task.score_trajectory(example.payload, every).values()
    return {**_parts(last, right=last.strict and main.strict), "trajectory": float(any(one.strict for one in walked))}


def _parts(score: Score, *, right: bool) -> dict[str, float]:
    return {"correct": float(right), "near": 1.0 if right else float(score.details.get("near", 0.0))}


def _given(frame: Any) -> Any:
    return frame


DRAWING_REWARD = DrawnReward()
