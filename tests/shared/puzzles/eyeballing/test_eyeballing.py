"""What holds for every eyeballing family."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import cv2
import numpy as np
import pytest

from clip_frames import frames_of, images_of
from shared.puzzles.damaged import decoded, plain
from vtb.errors import BadInput, UsageProblem
from vtb.media.image import Image, decode_image, encode_rgb, to_rgb
from vtb.puzzles.eyeballing.arc_connect import _ends
from vtb.puzzles.eyeballing.common import judge
from vtb.puzzles.eyeballing.common.config import Config
from vtb.puzzles.family import Clip
from vtb.puzzles.judging.answers import spoken_option
from vtb.puzzles.registry import families
from vtb.puzzles.sample import encode_record_clip, make_example

FAMILIES = {name: family for name, family in families().items() if family.group == "eyeballing"}
NAMES = sorted(FAMILIES)


def a_record(name: str, index: int = 0, clip: Clip | None = None, **options: Any) -> Any:
    return make_example(FAMILIES[name], Config(clip=clip, **options), name, 5, index).payload


def test_all_tasks_of_the_benchmark_are_there() -> None:
    assert len(NAMES) == 22  # 21, and arc_connect in both versions


@pytest.mark.parametrize("name", NAMES)
def test_the_puzzle_answers_nothing(name: str) -> None:
    family, record = FAMILIES[name], a_record(name)
    score = family.score_image(record, to_rgb(family.draw_puzzle(record), family.palette))
    assert not score.strict
    assert score.reason == "no option"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(480, 480), (832, 480)])
def test_clips_start_with_the_puzzle_and_end_in_the_marked_answer(name: str, size: tuple[int, int]) -> None:
    family, record = FAMILIES[name], a_record(name, clip=Clip(33, 16, size))
    frames = images_of(encode_record_clip(family, record))
    assert len(frames) == 33
    assert not family.score_frame(record, frames[0]).strict
    assert family.score_frame(record, frames[-1]).strict
    scores = family.score_video(record, frames_of(frames))
    assert [*scores] == ["last", "major"]
    assert all(score.strict and score.choice == record.correct_option for score in scores.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_solution_survives_jpeg_and_another_size(name: str) -> None:
    family, record = FAMILIES[name], a_record(name)
    solution = to_rgb(family.draw_solution(record), family.palette)
    larger = cv2.resize(solution, (720, 720), interpolation=cv2.INTER_LINEAR)
    for picture in (decode_image(encode_rgb(solution, quality=90)), larger):
        assert family.score_image(record, picture).strict


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("The answer is B.", "B"), ("A or C? C", "C"), ("Bravo", "B"), ("alfa!", "A"), ("echo, not D", "E"),
        ("(D)", "D"), ("**E**", "E"), ("abcde", None), ("", None), ("Because", None), ("F", None), ("x" * 10**6, None),
    ],
)  # fmt: skip
def test_the_option_a_text_names(text: str, option: str | None) -> None:
    assert spoken_option(text) == option


def test_ties_of_a_vote_go_to_the_first_letter_and_none_does_not_count() -> None:
    assert judge.major_option(["C", None, "B", None, None]) == "B"
    assert judge.major_option([None, None]) is None


def test_pale_fill_is_not_red_and_a_few_pixels_are_not_enough() -> None:
    picture = np.full((480, 480, 3), 255, np.uint8)
    picture[100:150, 100:150] = (255, 220, 220)
    picture[200:204, 200:204] = (198, 24, 24)
    assert judge.red_centre(picture) is None
    picture[200:210, 200:210] = (198, 24, 24)
    assert judge.red_centre(picture) == pytest.approx((204.5, 204.5))


def test_the_nearest_candidate_is_the_benchmarks() -> None:
    """A pixel counts at its corner, and distances are those in the picture, also where it is stretched."""
    points = [(100.0, 100.0, "A"), (141.0, 100.0, "B")]
    picture = np.full((480, 480, 3), 255, np.uint8)
    picture[96:106, 116:126] = (198, 24, 24)  # from 116 to 125: the mean is 120.5, midway
    assert judge.marked_option(picture, (480, 480), points) == "A"
    picture[96:106, 126] = (198, 24, 24)
    assert judge.marked_option(picture, (480, 480), points) == "B"
    points = [(100.0, 100.0, "A"), (160.0, 140.0, "B")]
    wide = np.full((480, 960, 3), 255, np.uint8)
    wide[135:145, 245:255] = (198, 24, 24)  # in canvas units nearer to A's column, in the picture nearer to A too
    assert judge.marked_option(wide, (480, 480), points) == "A"


@pytest.mark.parametrize(("scale", "pixels", "seen"), [(1, 19, False), (1, 20, True), (0.5, 4, False), (0.5, 5, True),
                                                       (2, 19, False), (2, 20, True)])  # fmt: skip
def test_twenty_red_pixels_of_the_canvas_are_a_mark(scale: float, pixels: int, seen: bool) -> None:
    picture = np.full((round(480 * scale), round(480 * scale), 3), 255, np.uint8)
    picture[7, :pixels] = (198, 24, 24)
    assert (judge.marked_option(picture, (480, 480), [(9.0, 9.0, "A")]) is not None) == seen


def test_joining_several_arcs_is_no_answer() -> None:
    family, record = FAMILIES["arc_connect"], a_record("arc_connect")
    picture = to_rgb(family.draw_solution(record), family.palette)
    ends = record.given[2:]
    xs = [round(end.points[0][0] + end.radius * math.cos(end.angles[0])) for end in ends]
    ys = [round(end.points[0][1] + end.radius * math.sin(end.angles[0])) for end in ends]
    cv2.line(picture, (xs[0], ys[0]), (xs[-1], ys[-1]), (0, 0, 0), 5)
    assert family.score_image(record, picture).reason == "several arcs joined"


@pytest.mark.parametrize(
    ("shown", "option"),
    [("ab", None), ("aab", "a"), ("abb", "b"), ("a b", None), ("a  ", "a"), ("   ", None)],
)
def test_arcs_that_are_joined_in_as_many_frames_are_no_answer(shown: str, option: str | None) -> None:
    """The benchmark calls a tie "multiple" there; of marked points it takes the first letter."""
    family, record = FAMILIES["arc_connect"], a_record("arc_connect")
    letters = {"a": record.correct_option, "b": "ABCDE"["ABCDE".index(record.correct_option) - 1], None: None}
    frames = [_joined(record, letters[one]) if one.strip() else _joined(record, None) for one in shown]
    clip = [partial(np.copy, frame) for frame in frames for _ in range(judge.EVERY)]
    major = family.score_video(record, clip)["major"]
    assert (major.choice, major.strict) == (letters[option], option == "a")


def _joined(record: Any, letter: str | None) -> Image:
    """The puzzle with one right arc joined to the left one by ink."""
    family = FAMILIES["arc_connect"]
    picture = to_rgb(family.draw_puzzle(record), family.palette)
    if letter:
        left, right = _ends(record)
        start, end = ((round(place.real), round(place.imag)) for place in (left, right[letter]))
        cv2.line(picture, start, end, (0, 0, 0), 5)
    return picture


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"clip": {"offset": [10**6, 0]}}, "inside its clip"), ({"clip": {"offset": [-1, 0]}}, "inside its clip"),
        ({"clip": {"scale": 1e-9}}, "inside its clip"), ({"clip": {"scale": 4000}}, "inside its clip"),
        ({"point_radius": 256}, "wider than the canvas"), ({"solution_strokes": [4096.0]}, "wider than the canvas"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_canvas_or_the_clip_is_refused(change: dict[str, Any], says: str) -> None:
    fields = plain(a_record("midpoint", clip=Clip(13, 16, (320, 320))))
    assert decoded("midpoint", fields)
    if "clip" in change:
        change = {"clip": {**fields["clip"], **change["clip"]}}
    if "solution_strokes" in change:
        change = {"solution_strokes": [{**fields["solution_strokes"][0], "width": 4096.0}]}
    fields |= change
    with pytest.raises(BadInput, match=says):
        decoded("midpoint", fields)


def test_arcs_that_leave_no_gap_are_joined_by_nothing() -> None:
    fields = plain(a_record("arc_connect"))
    fields["given"][3]["angles"][0] -= 2
    record = decoded("arc_connect", fields)
    image = to_rgb(FAMILIES["arc_connect"].draw_solution(record), FAMILIES["arc_connect"].palette)
    assert FAMILIES["arc_connect"].score_image(record, image).reason == "no option"


@pytest.mark.parametrize("name", NAMES)
def test_clips_too_small_for_a_red_outline_are_refused(name: str) -> None:
    """What is just large enough is still judged right after H.264."""
    record = a_record(name, clip=Clip(13, 16, (192, 192)))
    assert FAMILIES[name].score_frame(record, images_of(encode_record_clip(FAMILIES[name], record))[-1]).strict
    with pytest.raises(UsageProblem, match=r"--clip-size 160x192: .* take a larger clip"):
        Config(clip=Clip(13, 16, (160, 192)))


def test_arcs_too_thin_to_stay_ink_in_a_clip_are_refused() -> None:
    with pytest.raises(UsageProblem, match=r"--line-width 1: .* wider lines"):
        a_record("arc_connect", line_width=1, clip=Clip())
    record = a_record("arc_connect", line_width=2, clip=Clip(13, 16, (384, 384)))
    clip = images_of(encode_record_clip(FAMILIES["arc_connect"], record))
    assert FAMILIES["arc_connect"].score_frame(record, clip[-1]).strict


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("Antwort: C. Dürfte stimmen", "C"), ("C – Début", "C"), ("**D**", "D"), ("_B_", "B"), ("(A)", "A"),
        ("It isn't A's, it is E", "E"), ("the answer is b", "B"), ("the answer is b-flat", None),
        ("ABCDE", None), ("alpha or B", "A"),
        ("<answer>C</answer> and not D", "C"), ("First D. <answer>A", "A"), ("<ANSWER>B</ANSWER> rather than A", "B"),
        ("<answer>B</answer> I gave it between <answer> and </answer>.", "B"), ("A: **D**. (<answer>)", "D"),
        ("<answer>B</answer>\n<answer></answer>", "B"), ("D, so <answer>none of them</answer>", None),
    ],
)  # fmt: skip
def test_letters_of_every_script_and_marked_answers(text: str, option: str | None) -> None:
    assert spoken_option(text) == option
