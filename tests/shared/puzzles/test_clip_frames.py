"""Frames that cannot hold a red mark are passed over: the bound is never too low, and the verdicts are the same."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from typing import Any

import av
import numpy as np
import pytest

from clip_frames import frames_of
from vtb.media.image import Image
from vtb.media.video import ROUNDING, DecodedFrame, decode_clip
from vtb.puzzles.eyeballing.common import judge
from vtb.puzzles.eyeballing.common.base import Eyeballing
from vtb.puzzles.family import Clip
from vtb.puzzles.judging.frames import luma, most_red_lead, same
from vtb.puzzles.registry import families
from vtb.puzzles.sample import encode_record_clip, make_example

EYEBALLING = [family for family in families().values() if isinstance(family, Eyeballing)]
FORMS = [(form, matrix, full) for form in ("yuv420p", "yuv422p") for matrix in (1, 6, 9) for full in (False, True)]


def clip_of(planes: list[np.ndarray[Any, Any]], form: str, matrix: int, full: bool) -> bytes:
    """A clip of one frame, stored without loss, tagged as BT.709 (1), BT.601 (6) or BT.2020 (9)."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as container:
        stream = container.add_stream("ffv1", rate=16)
        stream.height, stream.width = planes[0].shape
        stream.pix_fmt = form
        stream.codec_context.colorspace, stream.codec_context.color_range = matrix, 2 if full else 1
        frame = av.VideoFrame(stream.width, stream.height, form)
        frame.colorspace, frame.color_range = matrix, 2 if full else 1
        for plane, data in zip(frame.planes, planes, strict=True):
            rows = np.zeros((plane.height, plane.line_size), np.uint8)
            rows[:, : plane.width] = data[: plane.height, : plane.width]
            plane.update(rows.tobytes())
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def red_lead(image: np.ndarray[Any, Any]) -> int:
    red, green, blue = image.astype(int).transpose(2, 0, 1)
    return int((red - np.maximum(green, blue)).max())


def frames_with(form: str, matrix: int, full: bool, most: int) -> Iterator[DecodedFrame]:
    """Random frames whose Cr is at most so large."""
    rng = np.random.default_rng(most)
    for size in ((64, 96), (32, 32)):
        planes = [rng.integers(0, 256, size, np.uint8), rng.integers(0, 256, size, np.uint8),
                  rng.integers(0, most + 1, size, np.uint8)]  # fmt: skip
        yield from decode_clip(clip_of(planes, form, matrix, full))


@pytest.mark.parametrize(("form", "matrix", "full"), FORMS)
def test_no_pixel_is_redder_or_darker_than_the_bounds(form: str, matrix: int, full: bool) -> None:
    leads = []
    for most in (100, 128, 135, 140, 144, 146, 150, 170, 200, 255):
        for frame in frames_with(form, matrix, full, most):
            assert red_lead(frame()) <= frame.most_red_lead()
            most_lit, y = frame().max(axis=2), frame.luma()
            assert y is not None
            assert ((y <= np.maximum(most_lit, 16 + most_lit * (219 / 255)) + ROUNDING) | (most_lit == 255)).all()
            leads.append(frame.most_red_lead())
    assert min(leads) < judge.RED_LEAD < max(leads)


def test_a_scaled_frame_is_not_redder_than_the_bound() -> None:
    rng = np.random.default_rng(0)
    planes = [rng.integers(0, 256, (64, 96), np.uint8), rng.integers(0, 256, (64, 96), np.uint8),
              rng.choice([60, 146], (64, 96)).astype(np.uint8)]  # fmt: skip
    data = clip_of(planes, "yuv420p", 6, False)
    for side in (96, 70, 48, 20):
        (frame,) = decode_clip(data, side)
        assert red_lead(frame()) <= frame.most_red_lead()


def test_a_form_without_known_planes_may_be_red() -> None:
    for form, planes in (("gray", 1), ("yuv444p", 3)):
        (frame,) = decode_clip(clip_of([np.zeros((64, 64), np.uint8)] * planes, form, 6, False))
        assert most_red_lead(frame) == most_red_lead(lambda: np.zeros((1, 1, 3), np.uint8)) == 255
        assert luma(frame) is luma(lambda: np.zeros((1, 1, 3), np.uint8)) is None


@pytest.mark.parametrize("family", EYEBALLING, ids=lambda family: family.name)
def test_passing_over_frames_changes_no_verdict(family: Eyeballing) -> None:
    for index in range(4):
        record = make_example(family, family.config_class(clip=Clip(33, 16, (480, 480))), family.name, 8, index).payload
        frames = list(decode_clip(encode_record_clip(family, record)))
        scores = family.score_video(record, frames)
        assert scores == family.score_video(record, frames_of([frame() for frame in frames]))
        looked = [family.may_be_marked(record, frame) for frame in frames]
        assert 5 <= sum(looked) < 20
        assert all(looks or family.score_frame(record, frame()).choice is None
                   for looks, frame in zip(looked, frames, strict=True))  # fmt: skip


def test_frames_are_the_same_when_they_show_the_same() -> None:
    family = families()["maze_square"]
    records = [make_example(family, family.config_class(clip=Clip(13, 16, size)), "maze_square", 8, 0).payload
               for size in ((160, 160), (160, 192))]  # fmt: skip
    frames, others = ([*decode_clip(encode_record_clip(family, record))] for record in records)
    images = [frame() for frame in frames]
    for (one, image), (two, other) in itertools.product(zip(frames, images, strict=True), repeat=2):
        assert same(one, two) <= (image == other).all()
    assert same(frames[-1], DecodedFrame(frames[-1]._frame, None))
    assert not same(frames[0], frames[-1])
    assert not same(frames[0], others[0])
    assert not same(frames[0], lambda: images[0])


class Counted(DecodedFrame):
    """A frame that counts how often its RGB is asked for."""

    looks = 0

    def __call__(self) -> Image:
        self.looks += 1
        return super().__call__()


@pytest.mark.parametrize("name", ["arc_connect", "midpoint", "visual_size_grid"])
def test_a_still_clip_is_judged_by_one_look(name: str) -> None:
    family = families()[name]
    record = make_example(family, family.config_class(clip=Clip(41, 16, (320, 320))), name, 8, 0).payload
    *_, last = decode_clip(encode_record_clip(family, record))
    frames = [Counted(last._frame, last._reformatter) for _ in range(40)]
    assert all(score.strict for score in family.score_video(record, frames).values())
    assert sum(frame.looks for frame in frames) == 1
