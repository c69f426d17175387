"""Held-out puzzles, solved and judged while training goes on: the loss of such a model says little about the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vtb.diffusion.flow import set_for_training
from vtb.diffusion.rows import Row, Sample, load_sample
from vtb.diffusion.sampling import Sampling, draw_answer
from vtb.diffusion.variants import Variant
from vtb.media.image import Image, encode_rgb
from vtb.report.thumbnail import thumbnail
from vtb.rng import sample_seed
from vtb.tasks.example import Example
from vtb.tasks.registry import decode_example, task_of
from vtb.tasks.score import Score

_SIDE = 192  # of a picture in a strip
_GAP = 4
_LINE = 20  # pixels of a line of print
# From an example, the frames of an answer and what was asked to the parts of the answer's reward and their sum.
Worth = Callable[[Example, Sequence[Image], Sample], tuple[Mapping[str, float], float]]


@dataclass(frozen=True)
class HeldOut:
    """One puzzle to solve again and again; ``number`` is its place, and with the seed decides the noise."""

    number: int
    example: Example
    sample: Sample


@dataclass(frozen=True)
class Solved:
    """What became of one: the verdict, and the answer in small beside the puzzle and the right one.

    Attributes:
        number: of the puzzle.
        strict: whether the answer is right.
        tolerant: whether it is, tolerantly.
        shown: puzzle, answer and right answer.
        parts: of its reward, where it has one.
        reward: their sum.
    """

    number: int
    strict: bool
    tolerant: bool
    shown: tuple[Image, ...]
    parts: Mapping[str, float] = field(default_factory=dict)
    reward: float | None = None


def choose(rows: Sequence[Row], variant: Variant, count: int) -> list[HeldOut]:
    """The first rows that somebody can judge."""
    judged = [row for row in rows if row.example][:count]
    return [
        HeldOut(number, decode_example(row.example.encode()), load_sample(row, variant))
        for number, row in enumerate(judged)
    ]


def solve(
    pipe: Any, variant: Variant, puzzle: HeldOut, sampling: Sampling, seed: int, worth: Worth | None = None
) -> Solved:
    """Draw an answer to one and judge it; leaves the engine's scheduler as training needs it.

    Args:
        pipe: the engine's pipeline.
        variant: which model it is.
        puzzle: to solve.
        sampling: how.
        seed: of the noise, with the puzzle's number.
        worth: gives the parts of a drawing's reward and their sum, where there is one.
    """
    frames = draw_answer(pipe, variant, puzzle.sample, sampling, sample_seed(seed, "held-out", puzzle.number))
    set_for_training(pipe)
    score = judge(variant, puzzle.example, puzzle.sample, frames)
    seen = puzzle.sample.shown[0] if puzzle.sample.shown else puzzle.sample.frames[0]
    small = tuple(thumbnail(image, _SIDE) for image in (seen, frames[-1], puzzle.sample.frames[-1]))
    parts, reward = worth(puzzle.example, frames, puzzle.sample) if worth else ({}, None)
    return Solved(puzzle.number, score.strict, score.tolerant, small, parts, reward)


def judge(variant: Variant, example: Example, asked: Sample, frames: Sequence[Image]) -> Score:
    """The verdict of the task's own judge; of a clip, that of its main rule."""
    task = task_of(example)
    if not variant.moving:
        return task.score_image(example.payload, frames[0], asked.shown[0] if asked.shown else None)
    found = task.score_video(example.payload, [_giving(frame) for frame in frames])
    return next(iter(found.values()))


def _giving(frame: Image) -> Any:
    return lambda: frame


def write_strip(solved: Sequence[Solved], path: Path) -> None:
    """One row per puzzle: what was shown, what was drawn, what would be right; a bar says whether it was solved.

    Below what was drawn stands its reward, where it has one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_rgb(np.concatenate([_strip_row(one) for one in solved])))


def _strip_row(one: Solved) -> Image:
    row = np.full((_SIDE + _GAP, 3 * (_SIDE + _GAP) + _GAP, 3), 255, np.uint8)
    row[:, :_GAP] = (0, 150, 0) if one.strict else (200, 140, 0) if one.tolerant else (200, 0, 0)
    for place, image in enumerate(one.shown):
        left = _GAP + place * (_SIDE + _GAP)
        row[: image.shape[0], left : left + image.shape[1]] = image
    return row if one.reward is None else np.concatenate([row, _caption(f"{one.reward:.3f}", row.shape[1])])


def _caption(words: str, width: int) -> Image:
    """A line of print below a row."""
    import cv2

    line: Image = np.full((_LINE, width, 3), 255, np.uint8)
    cv2.putText(line, words, (_GAP + _SIDE + _GAP, _LINE - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
    return line
