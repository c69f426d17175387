"""Clips of square mazes: they grow at constant speed, hold the solution, and are judged at any size."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from shared.puzzles.maze.square_mazes import make
from vtb.media.image import resize_nearest, to_rgb
from vtb.puzzles.family import Clip
from vtb.puzzles.maze.common.square_grid import PASSAGE, PATH
from vtb.puzzles.maze.square import FAMILY

CLIP = Clip(9, 16, (160, 128))


@pytest.mark.parametrize("frames", [5, 9, 13, 81])
def test_clips_grow_at_constant_speed_and_hold_the_solution(frames: int) -> None:
    record = make(size=9, clip=Clip(frames, 16, (160, 128)))
    drawn = [frame.copy() for frame in FAMILY.draw_frames(record)]
    assert len(drawn) == frames
    assert record.clip is not None
    cell = record.clip.cell_size
    assert (cell, record.clip.offset) == (14, (17, 1))
    small = replace(record, cell_size=cell)
    box = (slice(1, 1 + 9 * cell), slice(17, 17 + 9 * cell))
    assert (drawn[0][box] == FAMILY.draw_puzzle(small)).all()
    outside = np.ones(drawn[0].shape, bool)
    outside[box] = False
    assert all((frame[outside] == PASSAGE).all() for frame in drawn)
    line = [int((frame == PATH).sum()) for frame in drawn]
    assert line[0] == 0
    assert line == sorted(line)
    held = line.count(line[-1])
    assert held >= (2 if frames < 13 else frames // 5)
    steps = np.diff(line)[: frames - held]
    assert steps.max() <= 2 * np.median(steps) + 60
    scores = [FAMILY.score_frame(record, to_rgb(frame, FAMILY.palette)).strict for frame in drawn]
    assert scores[-held:] == [True] * held
    assert not any(scores[: frames // 2])


@pytest.mark.parametrize("scale", [0.5, 1.5, 2])
def test_frames_of_another_size_are_judged_at_that_size(scale: float) -> None:
    record = make(size=9, clip=Clip(9, 16, (320, 288)))
    *_, last = FAMILY.draw_frames(record)
    last = resize_nearest(last, round(320 * scale), round(288 * scale))
    assert FAMILY.score_frame(record, to_rgb(last, FAMILY.palette)).strict
