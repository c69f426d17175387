"""Over every family: the right answer scores 1 in the default clip and every form, each wrong one scores 0."""

from __future__ import annotations

import functools
from typing import Any

import cv2
import numpy as np
import pytest
from msgspec.structs import replace

from clip_frames import frames_of, images_of
from shared.puzzles.wrong_answers import wrong_answers
from vtb.media.image import Image, decode_image, encode_rgb, to_rgb
from vtb.puzzles.family import Clip, Family
from vtb.puzzles.registry import families, find_family
from vtb.puzzles.sample import encode_record_clip, make_example

SAMPLES = 2
RULES = {"maze": ["last"], "eyeballing": ["last", "major"], "visual": ["best"], "arc": ["last"]}
HELD = 5  # frames at the end that must show the whole answer: one of them is looked at by every sampler of frames
every_family = pytest.mark.parametrize("name", sorted(families()))


@functools.cache
def record_of(name: str, index: int, clip: Clip) -> Any:
    family = find_family(name)
    return make_example(family, family.config_class(clip=clip), name, 7, index).payload


def solution_of(family: Family[Any], record: Any) -> Image:
    return to_rgb(family.draw_solution(record), family.palette)


def jpeg(image: Image) -> Image:
    return decode_image(encode_rgb(image, quality=90))


def puzzle_in_clip(family: Family[Any], record: Any) -> tuple[Image, Image]:
    """The picture of the puzzle where it lies in a frame, and which pixels of the frame it covers."""
    clip, (width, height) = record.clip, record.clip.size
    if family.name == "arc_agi_2":  # laid out anew for the clip, not scaled
        record, scale = replace(record, cell_size=clip.cell_size), 1.0
    else:
        scale = clip.scale
    picture = to_rgb(family.draw_puzzle(record), family.palette)
    matrix = np.array([[scale, 0, clip.offset[0]], [0, scale, clip.offset[1]]])
    covered = cv2.warpAffine(np.ones_like(picture), matrix, (width, height), flags=cv2.INTER_NEAREST)
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR)), np.asarray(covered)


def distance(frame: Image, picture: Image, covered: Image) -> float:
    """Mean difference in levels, blurred: walls and outlines fall on other pixels where a clip is smaller."""
    frame, picture = (cv2.blur(image, (9, 9)).astype(int) for image in (frame, picture))
    return float(np.abs(frame - picture)[covered > 0].mean())


def other_puzzle(family: Family[Any]) -> tuple[Image, Image]:
    return puzzle_in_clip(family, record_of(family.name, 1, Clip()))


@every_family
def test_the_default_clip_shows_the_puzzle_first_and_its_full_answer_last(name: str) -> None:
    family, record = find_family(name), record_of(name, 0, Clip())
    frames = images_of(encode_record_clip(family, record))
    assert (len(frames), frames[0].shape) == (81, (480, 480, 3))
    puzzle, covered = puzzle_in_clip(family, record)
    solved, other = distance(frames[-1], puzzle, covered), distance(frames[0], *other_puzzle(family))
    assert distance(frames[0], puzzle, covered) < min(8, solved, other)
    assert not family.score_frame(record, frames[0]).tolerant
    for frame in frames[-HELD:]:
        assert family.score_frame(record, frame).reason == "solved"
        assert family.score_frame(record, jpeg(frame)).strict
    scores = family.score_video(record, frames_of(frames))
    assert [*scores] == RULES[family.group]
    assert {(score.strict, score.tolerant, score.reason) for score in scores.values()} == {(True, True, "solved")}


@every_family
@pytest.mark.parametrize("index", range(SAMPLES))
def test_each_wrong_answer_scores_0_in_every_form(name: str, index: int) -> None:
    family, record = find_family(name), record_of(name, index, Clip(13, 16, (480, 480)))
    assert family.score_image(record, solution_of(family, record)).strict
    wrongs = list(wrong_answers(family, record))
    assert len(wrongs) >= 2
    for what, wrong, text in wrongs:
        image = solution_of(family, wrong)
        scores = {
            "text": family.score_text(record, text),
            "image": family.score_image(record, image),
            "JPEG": family.score_image(record, jpeg(image)),
            **family.score_video(record, frames_of(images_of(encode_record_clip(family, wrong)))),
        }
        assert {form: score.value for form, score in scores.items()} == dict.fromkeys(scores, 0.0), what
        assert not any(score.tolerant for score in scores.values()), what
        if family.group == "eyeballing":  # not by chance: the judge has seen the wrong mark
            assert {score.choice for score in scores.values()} == {what}
