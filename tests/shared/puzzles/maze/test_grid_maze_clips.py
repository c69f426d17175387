"""Clips of hexagon and circle mazes: they grow at constant speed, hold the solution, and are judged at any size."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from msgspec.structs import replace

from clip_frames import frames_of
from shared.puzzles.maze.grid_mazes import (
    MODULES,
    SMALL,
    make,
    picture_of,
)
from vtb.media.image import resize_nearest, to_rgb
from vtb.media.video import decode_clip
from vtb.puzzles.family import Clip
from vtb.puzzles.maze.common.base import PATH, WALL
from vtb.puzzles.sample import encode_record_clip

both = pytest.mark.parametrize("name", sorted(MODULES))
CLIP = Clip(9, 16, (192, 160))


@both
@pytest.mark.parametrize("frames", [5, 9, 13, 81])
def test_clips_grow_at_constant_speed_and_hold_the_solution(name: str, frames: int) -> None:
    family, record = MODULES[name].FAMILY, make(name, 4, **SMALL[name], clip=Clip(frames, 16, (288, 224)))
    drawn = [frame.copy() for frame in family.draw_frames(record)]
    assert len(drawn) == frames
    assert all(frame.shape == (224, 288) for frame in drawn)
    small = family.in_clip(record)
    (left, top), (height, width) = record.clip.offset, family.draw_puzzle(small).shape
    box = (slice(top, top + height), slice(left, left + width))
    assert height == 224 or width == 288
    assert (drawn[0][box] == family.draw_puzzle(small)).all()
    assert (drawn[-1][box] == family.draw_solution(small)).mean() > 0.997  # joints between frames are rounded
    outside = np.ones(drawn[0].shape, bool)
    outside[box] = False
    assert all((frame[outside] == WALL).all() for frame in drawn)
    red = [int((frame == PATH).sum()) for frame in drawn]
    assert red[0] == 0
    assert red == sorted(red)
    held = red.count(red[-1])
    assert held >= (2 if frames < 13 else frames // 5)
    steps = np.diff(red)[: frames - held]
    assert steps[1:].max() <= 2 * np.median(steps) + 60  # the first draws over the mark, which is red before
    scores = [family.score_frame(record, to_rgb(frame, family.palette)).strict for frame in drawn]
    assert scores[-held:] == [True] * held
    assert not any(scores[: frames // 2])


@both
def test_a_clip_is_judged_by_its_last_frame_at_any_size(name: str) -> None:
    family, record = MODULES[name].FAMILY, make(name, 5, **SMALL[name], clip=Clip(9, 16, (320, 288)))
    data = encode_record_clip(family, record)
    assert family.score_video(record, decode_clip(data))["last"].strict
    assert not family.score_video(record, itertools.islice(decode_clip(data), 4))["last"].tolerant
    assert family.score_video(record, iter(()))["last"].reason == "no frames"
    *_, last = family.draw_frames(record)
    for scale in (0.75, 1.5, 2):
        frame = resize_nearest(last, round(320 * scale), round(288 * scale))
        assert family.score_video(record, frames_of([to_rgb(frame, family.palette)]))["last"].strict
    # Without a place in the frame on record, the picture is taken to fill it.
    solved = frames_of([picture_of(record, name, solved=True)])
    assert family.score_video(replace(record, clip=None), solved)["last"].strict
