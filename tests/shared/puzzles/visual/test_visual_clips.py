"""Clips of visual puzzles, odd pictures and damaged records: judged, or refused in a known way."""

from __future__ import annotations

import numpy as np
import pytest

from clip_frames import frames_of, images_of
from shared.puzzles.visual.visual_table import TEN, answer, family_of, make, picture, resized, score
from vtb.media.image import Image, to_rgb
from vtb.puzzles.family import Clip
from vtb.puzzles.sample import encode_record_clip
from vtb.puzzles.visual.common.scene import COLORS, SIDE

every_puzzle = pytest.mark.parametrize("name", TEN)


@pytest.mark.parametrize("size", [(480, 480), (832, 480), (256, 448), (1280, 704)])
@every_puzzle
def test_clips_are_judged_by_their_best_frame(name: str, size: tuple[int, int]) -> None:
    family, record = family_of(name), make(name, 4, clip=Clip(9, 16, size))
    frames = images_of(encode_record_clip(family, record))
    assert (len(frames), frames[0].shape) == (9, (size[1], size[0], 3))
    assert family.score_frame(record, frames[-1]).reason == "solved"
    assert not family.score_frame(record, frames[0]).strict
    if size == (1280, 704):
        assert (np.abs(frames[0].astype(int) - picture(name, record, None)).mean()) < 1
    bars = np.zeros_like(frames[0])
    bars[:, ::60] = (0, 255, 0)
    whole = family.score_video(record, frames_of([*frames, bars, bars * 0]))["best"]
    assert (whole.strict, whole.reason) == (True, "solved")
    assert 3 <= whole.details["best_frame"] <= 8
    assert not family.score_video(record, frames_of(frames[:3]))["best"].strict
    assert family.score_video(record, [])["best"].reason == "no frames"


def test_a_clip_of_pictures_is_judged_like_pictures() -> None:
    record = make("color_grid")
    right = resized(640, 352)(picture("color_grid", record, answer(record)))
    score = family_of("color_grid").score_video(record, frames_of([right * 0, right]))["best"]
    assert score.details["best_frame"] == 1
    assert family_of("color_grid").score_frame(record, right).strict


@every_puzzle
@pytest.mark.parametrize("frames", [5, 13, 81])
def test_clips_begin_with_the_puzzle_and_hold_the_solution(name: str, frames: int) -> None:
    family, record = family_of(name), make(name, clip=Clip(frames, 16, (480, 320)))
    left, top, side = record.clip.area
    assert side == 512 * 320 // 704
    drawn = [frame.copy() for frame in family.draw_frames(record)]
    inside = (slice(top, top + side), slice(left, left + side))
    assert (drawn[0][inside] == family.paint(record, None, side)).all()
    solution = family.paint(record, answer(record), side)
    far = [int((frame[inside] != solution).sum()) for frame in drawn]
    assert far == sorted(far, reverse=True)
    assert far.count(0) >= max(2, frames // 6)
    assert len(set(far)) > 3
    outside = np.ones(drawn[0].shape, bool)
    outside[inside] = False
    assert all((frame[outside] == 0).all() for frame in drawn)
    box = record.clip
    assert box.offset[0] + record.area[0] * box.scale == pytest.approx(left, abs=1)


ODD: dict[str, Image] = {
    "one pixel": np.zeros((1, 1, 3), np.uint8),
    "a line": np.full((1, 2000, 3), 200, np.uint8),
    "a column": np.full((900, 1, 3), 200, np.uint8),
    "noise": np.random.default_rng(0).integers(0, 256, (300, 500, 3), np.uint8),
    "white": np.full((704, 1280, 3), 255, np.uint8),
    "black": np.zeros((704, 1280, 3), np.uint8),
    "large": np.full((4320, 7680, 3), 238, np.uint8),
}


@pytest.mark.parametrize("what", ODD)
@every_puzzle
def test_odd_pictures_are_wrong_with_a_reason(name: str, what: str) -> None:
    record = make(name, clip=Clip(5, 16, (320, 320)))
    for found in (score(name, record, ODD[what]), family_of(name).score_frame(record, ODD[what])):
        assert not found.strict
        assert found.reason.startswith("the ")


def test_all_colors_can_be_told_apart() -> None:
    colors = np.array([*COLORS.values(), (238, 238, 238)], float)
    apart = np.abs(colors[:, None] - colors).max(axis=2)
    assert apart[~np.eye(len(colors), dtype=bool)].min() > 35  # what the rest of a puzzle may change
    named = family_of("color_size")
    for index in range(60):
        shades = np.array(list(named.colors(make("color_size", index)).values()), float)
        apart = np.abs(shades[:, None] - shades).max(axis=2)
        assert apart[~np.eye(5, dtype=bool)].min() > 35


def test_reasoning_pictures_number_the_known_parts() -> None:
    record = make("color_grid", target_size=(512, 512))
    family = family_of("color_grid")
    puzzle = to_rgb(family.draw_puzzle(record), family.palette)
    changed = (family.draw_reasoning(record) != puzzle).any(axis=2)
    third = SIDE // 3
    cells = changed[: 3 * third, : 3 * third].reshape(3, third, 3, third).any(axis=(1, 3)).ravel()
    assert [place for place in range(9) if cells[place]] == [*record.seen]
    assert 4 not in record.seen
