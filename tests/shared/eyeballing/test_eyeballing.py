"""What holds for every eyeballing family."""

import itertools
import math
import random

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clip_frames import frames_of, images_of
from vtb.canvas import decode_image, encode_rgb, to_rgb
from vtb.errors import UsageProblem
from vtb.eyeballing import judge
from vtb.eyeballing.task import Config, points_of
from vtb.puzzles import Clip, families
from vtb.puzzles.sample import encode_record_clip, make_record

FAMILIES = {name: family for name, family in families().items() if family.group == "eyeballing"}
NAMES = sorted(FAMILIES)
BY_RED = [name for name in NAMES if name != "arc_connect"]


def a_record(name, index=0, clip=None, **options):
    return make_record(FAMILIES[name], Config(clip=clip, **options), name, 5, index)


def test_all_tasks_of_the_benchmark_are_there():
    assert len(NAMES) == 22  # 21, and arc_connect in both versions


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_is_right_and_every_other_option_is_wrong(name):
    family = FAMILIES[name]
    for index in range(10):
        record = a_record(name, index)
        assert family.score_image(record, to_rgb(family.draw_solution(record), family.palette)).strict
        for letter in "ABCDE":
            right = letter == record["correct_option"]
            assert family.score_text(record, f"I think it is {letter}.").strict == right
            if name in BY_RED:
                marked = family.draw_solution({**record, "correct_option": letter})
                assert family.score_image(record, to_rgb(marked, family.palette)).strict == right


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


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "options", [{"width": 640}, {"aspect": 1.5}, {"point_radius": 14}, {"line_width": 3}, {"distractor_distance": 1.4}]
)
def test_every_option_takes_effect(name, options):
    family = FAMILIES[name]
    pairs = [(a_record(name, index), a_record(name, index, **options)) for index in range(40)]
    pictures = [(family.draw_solution(before), family.draw_solution(after)) for before, after in pairs]
    assert any(first.shape != second.shape or not np.array_equal(first, second) for first, second in pictures)


@pytest.mark.parametrize("name", NAMES)
def test_candidates_lie_inside_and_apart(name):
    for index in range(50):
        record = a_record(name, index)
        width, height = record["canvas_dimensions"]
        points = [(x, y) for x, y, _ in points_of(record)]
        assert all(10 <= x <= width - 10 and 10 <= y <= height - 10 for x, y in points)
        assert min(math.dist(a, b) for a, b in itertools.combinations(points, 2)) >= 2 * record["point_radius"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(NAMES), st.integers(200, 1200), st.floats(0.3, 2.5), st.integers(4, 28), st.integers(0, 14),
    st.floats(0.5, 2.5), st.sampled_from(["fair", "videothinkbench"]), st.integers(0, 10**9),
)  # fmt: skip
def test_any_options_give_a_sound_puzzle_or_a_usage_problem(
    name, width, aspect, radius, line, distance, sampling, seed
):
    family = FAMILIES[name]
    try:
        config = Config(width, aspect, radius, line, distance, sampling)
        record = make_record(family, config, name, seed, 0)
    except UsageProblem:
        return
    family.validate(record)
    assert family.score_image(record, to_rgb(family.draw_solution(record), family.palette)).strict


def test_sampling_that_cannot_succeed_says_so():
    class Never(type(FAMILIES["midpoint"])):
        def figure(self, rng, frame):
            return None

    with pytest.raises(UsageProblem, match="100 % rejected"):
        Never().sample(random.Random(0), Config())


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("The answer is B.", "B"), ("A or C? C", "C"), ("Bravo", "B"), ("alfa!", "A"), ("echo, not D", "E"),
        ("(D)", "D"), ("**E**", "E"), ("abcde", None), ("", None), ("Because", None), ("F", None), ("x" * 10**6, None),
    ],
)  # fmt: skip
def test_the_option_a_text_names(text, option):
    assert judge.spoken_option(text) == option


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
