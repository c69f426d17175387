"""What holds for every eyeballing family."""

import math

import cv2
import numpy as np
import pytest

from clip_frames import frames_of, images_of
from vtb.errors import UsageProblem
from vtb.media.image import decode_image, encode_rgb, to_rgb
from vtb.puzzles import Clip, families
from vtb.puzzles.eyeballing.common import judge
from vtb.puzzles.eyeballing.common.config import Config
from vtb.puzzles.judging.answers import spoken_option
from vtb.puzzles.sample import encode_record_clip, make_record

FAMILIES = {name: family for name, family in families().items() if family.group == "eyeballing"}
NAMES = sorted(FAMILIES)


def a_record(name, index=0, clip=None, **options):
    return make_record(FAMILIES[name], Config(clip=clip, **options), name, 5, index)


def test_all_tasks_of_the_benchmark_are_there():
    assert len(NAMES) == 22  # 21, and arc_connect in both versions


@pytest.mark.parametrize("name", NAMES)
def test_the_puzzle_answers_nothing(name):
    family, record = FAMILIES[name], a_record(name)
    score = family.score_image(record, to_rgb(family.draw_puzzle(record), family.palette))
    assert not score.strict
    assert score.reason == "no option"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(480, 480), (832, 480)])
def test_clips_start_with_the_puzzle_and_end_in_the_marked_answer(name, size):
    family, record = FAMILIES[name], a_record(name, clip=Clip(33, 16, size))
    frames = images_of(encode_record_clip(family, record))
    assert len(frames) == 33
    assert not family.score_frame(record, frames[0]).strict
    assert family.score_frame(record, frames[-1]).strict
    scores = family.score_video(record, frames_of(frames))
    assert [*scores] == ["last", "major"]
    assert all(score.strict and score.choice == record["correct_option"] for score in scores.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_solution_survives_jpeg_and_another_size(name):
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
def test_the_option_a_text_names(text, option):
    assert spoken_option(text) == option


def test_ties_of_a_vote_go_to_the_first_letter_and_none_does_not_count():
    assert judge.major_option(["C", None, "B", None, None]) == "B"
    assert judge.major_option([None, None]) is None


def test_pale_fill_is_not_red_and_a_few_pixels_are_not_enough():
    picture = np.full((480, 480, 3), 255, np.uint8)
    picture[100:150, 100:150] = (255, 220, 220)
    picture[200:204, 200:204] = (198, 24, 24)
    assert judge.red_centre(picture) is None
    picture[200:210, 200:210] = (198, 24, 24)
    assert judge.red_centre(picture) == pytest.approx((204.5, 204.5))


def test_joining_several_arcs_is_no_answer():
    family, record = FAMILIES["arc_connect"], a_record("arc_connect")
    picture = to_rgb(family.draw_solution(record), family.palette)
    ends = record["given"][2:]
    xs = [round(end["points"][0][0] + end["radius"] * math.cos(end["angles"][0])) for end in ends]
    ys = [round(end["points"][0][1] + end["radius"] * math.sin(end["angles"][0])) for end in ends]
    cv2.line(picture, (xs[0], ys[0]), (xs[-1], ys[-1]), (0, 0, 0), 5)
    assert family.score_image(record, picture).reason == "several arcs joined"


@pytest.mark.parametrize("name", NAMES)
def test_clips_too_small_for_a_red_outline_are_refused(name):
    """What is just large enough is still judged right after H.264."""
    record = a_record(name, clip=Clip(13, 16, (192, 192)))
    assert FAMILIES[name].score_frame(record, images_of(encode_record_clip(FAMILIES[name], record))[-1]).strict
    with pytest.raises(UsageProblem, match=r"--clip-size 160x192: .* take a larger clip"):
        Config(clip=Clip(13, 16, (160, 192)))


def test_arcs_too_thin_to_stay_ink_in_a_clip_are_refused():
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
def test_letters_of_every_script_and_marked_answers(text, option):
    assert spoken_option(text) == option
