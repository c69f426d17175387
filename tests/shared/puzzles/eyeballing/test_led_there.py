"""Whether the strokes of a clip lead to its mark."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from clip_frames import images_of
from vtb.media.image import Image, to_rgb
from vtb.puzzles.eyeballing.common.base import Eyeballing
from vtb.puzzles.eyeballing.common.config import Config
from vtb.puzzles.eyeballing.common.record import EyeballingRecord
from vtb.puzzles.family import Clip
from vtb.puzzles.registry import families
from vtb.puzzles.sample import encode_record_clip, make_example
from vtb.tasks.score import Score

TASKS = {name: family for name, family in families().items() if isinstance(family, Eyeballing)}
LED = ("midpoint", "ray_intersection", "perpendicular_bisector", "fermat_point", "circle_tangent_line")
SIZE = 320


def a_clip(name: str, index: int = 0) -> tuple[EyeballingRecord, list[Image]]:
    config = Config(clip=Clip(17, 16, (SIZE, SIZE)))
    record = make_example(TASKS[name], config, name, 5, index).payload
    return record, [to_rgb(frame, TASKS[name].palette).copy() for frame in TASKS[name].draw_frames(record)]


def judged(name: str, record: EyeballingRecord, frames: Sequence[Image]) -> dict[str, Score]:
    return TASKS[name].score_trajectory(record, [partial(np.asarray, frame) for frame in frames])


def marked(frame: Image, record: EyeballingRecord, letter: str) -> Image:
    """A frame with one more disc in red."""
    import cv2

    assert record.clip is not None
    scale = record.clip.scale
    (one,) = [candidate for candidate in record.candidates if candidate.label == letter]
    centre = [round(at * scale + off) for at, off in zip((one.x, one.y), record.clip.offset, strict=True)]
    return np.asarray(cv2.circle(frame.copy(), centre, round(record.point_radius * scale), (200, 20, 20), -1))


@pytest.mark.parametrize("name", sorted(TASKS))
def test_solutions_lead_to_their_marks_or_are_not_measured(name: str) -> None:
    found = [judged(name, *a_clip(name, index)) for index in range(3)]
    for one in found:
        assert not one or one["trajectory"].strict, one
    if name in LED:
        assert all(found)


@pytest.mark.parametrize("name", LED)
@pytest.mark.parametrize("enlarged", [1, 2])
def test_after_compression_and_scaling(name: str, enlarged: int) -> None:
    record, _ = a_clip(name)
    frames = [
        image.repeat(enlarged, 0).repeat(enlarged, 1) for image in images_of(encode_record_clip(TASKS[name], record))
    ]
    score = judged(name, record, frames)["trajectory"]
    assert score.strict, score
    assert min(score.details["precision"], score.details["recall"], score.details["kept"]) > 0.9


@pytest.mark.parametrize("name", LED)
def test_what_is_no_construction(name: str) -> None:
    record, frames = a_clip(name)
    puzzle, wrong = frames[0], next(one.label for one in record.candidates if one.label != record.correct_option)
    right = record.correct_option
    unmarked = frames[:-6]
    cases: dict[str, tuple[list[Image], bool]] = {
        "draws no strokes to a candidate": ([puzzle, marked(puzzle, record, right)], False),
        "marks nothing": (unmarked, False),
        "marks where its strokes do not lead": ([*unmarked, marked(unmarked[-1], record, wrong)], False),
        "does not begin with the puzzle": ([np.full_like(puzzle, 255), *frames], True),
        "changes the figure": ([puzzle, np.full_like(puzzle, 255), *frames[1:]], True),
        "marks before it draws": (
            [puzzle, marked(puzzle, record, right), *(marked(f, record, right) for f in frames)],
            True,
        ),
        "draws other strokes": ([*frames, _scribbled(frames[-1], puzzle)], True),
    }
    for reason, (clip, tolerant) in cases.items():
        score = judged(name, record, clip)["trajectory"]
        assert (score.strict, score.tolerant, score.reason) == (False, tolerant, reason)


def _scribbled(frame: Image, puzzle: Image) -> Image:
    """With lines all over the picture's rim, where no candidate is."""
    done: Image = frame.copy()
    for at in range(2, 16, 4):
        done[at : at + 2, :] = 0
        done[-at - 2 : -at, :] = 0
    return done


def test_strokes_to_a_wrong_candidate_that_is_marked_are_a_way_to_a_wrong_answer() -> None:
    import cv2

    record, frames = a_clip("midpoint")
    assert record.clip is not None
    wrong = next(one for one in record.candidates if one.label != record.correct_option)
    x, y = (at * record.clip.scale + off for at, off in zip((wrong.x, wrong.y), record.clip.offset, strict=True))
    drawn: Any = cv2.line(frames[0].copy(), (4, 4), (round(x), round(y)), (0, 0, 160), 3)
    score = judged("midpoint", record, [frames[0], drawn, marked(drawn, record, wrong.label)])["trajectory"]
    assert (score.tolerant, score.strict, score.choice) == (True, False, None)
    assert (score.details["leads"], score.details["leads_right"]) == (True, False)


def test_an_empty_clip_and_one_of_others() -> None:
    record, _ = a_clip("midpoint")
    assert not judged("midpoint", record, [])["trajectory"].tolerant
    alone = replace(record, clip=None)
    assert not judged("midpoint", alone, [])["trajectory"].tolerant
    family = TASKS["midpoint"]  # then the picture fills the frames
    frames = [to_rgb(frame, family.palette).copy() for frame in family.draw_frames(family.filmed(alone, 17))]
    assert judged("midpoint", alone, frames)["trajectory"].strict
