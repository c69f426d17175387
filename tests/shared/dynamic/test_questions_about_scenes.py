"""Questions about rendered scenes: right answers, options that cannot be told apart by words, and no thing twice."""

from __future__ import annotations

import functools
import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice

import numpy as np
import pytest

from chi_square import p_value
from shared.dynamic.slow_truth import slow_answer
from vtb.dynamic.asked import HELD_BACK, Asked, Rejected, answer_to
from vtb.dynamic.audit import BlindQuestion, _rate, blind_rates
from vtb.dynamic.describe import numbered
from vtb.dynamic.elsewhere import OtherQuestions
from vtb.dynamic.kinds import KINDS
from vtb.dynamic.noise import copies_of
from vtb.dynamic.options import COUNT, Elsewhere, options_of
from vtb.dynamic.questions import TRIES, Asking, Question, ask_about
from vtb.dynamic.viewpoint import CAMERA, Viewer, scale_of
from vtb.dynamic.wording import question_about
from vtb.media.frames import sampled_places
from vtb.perception.perceived import Perceived
from vtb.rng import below, sample_rng
from vtb.scenes.moving.again import OtherMotions
from vtb.scenes.moving.scene import MovingScene, draw_scene
from vtb.scenes.moving.truth import perceive_exactly

SIZE, CLIP, SCENES, EACH = (320, 240), 64, 12, 18
FRAMES = sampled_places(CLIP, 32)


@functools.cache
def about(index: int) -> tuple[MovingScene, Perceived, tuple[Question, ...]]:
    rng = sample_rng(3, "scenes", index)
    scene = draw_scene(rng, CLIP)
    video = perceive_exactly(scene, FRAMES, 16, SIZE)
    return scene, video, tuple(ask_about(rng, Asking(video, OtherMotions(scene, FRAMES, 16, SIZE)), EACH).questions)


EVERY = [(index, question) for index in range(SCENES) for question in about(index)[2]]


def test_every_type_is_asked_about_equally_often() -> None:
    counts = Counter(question.asked.kind.name for _, question in EVERY)
    assert set(counts) == set(KINDS)
    assert 8 * SCENES < len(EVERY) < 25 * SCENES
    assert max(counts.values()) < 4 * SCENES


def test_no_answer_is_right_more_often_than_it_is_offered() -> None:
    """Even where half of all answers are one, and wrong options come from the same draws."""

    class Coins:
        def answers(self, rng: random.Random, asked: Asked) -> Iterator[tuple[str, ...]]:
            while True:
                yield drawn(rng)

    def drawn(rng: random.Random) -> tuple[str, ...]:
        return ("common",) if below(rng, 2) else (f"rare {below(rng, 12)}",)

    rng, offered, right = random.Random(1), 0, 0
    for _ in range(20_000):
        try:
            options, place = options_of(rng, EVERY[0][1].asked, drawn(rng), Coins())
        except Rejected:
            continue
        common = "(1) common."
        offered, right = offered + (common in options), right + (options[place] == common)
    assert offered > 5000
    assert abs(right / offered - 1 / COUNT) < 4 * (3 / 16 / offered) ** 0.5


def test_how_often_a_type_is_tried_does_not_depend_on_what_comes_of_it() -> None:
    """Else answers that can seldom be asked, or are often given up, would weigh more in a video than elsewhere."""

    class Nowhere:
        def answers(self, rng: random.Random, asked: Asked) -> Iterator[tuple[str, ...]]:
            return iter(())

    def tries(elsewhere: Callable[[MovingScene], Elsewhere]) -> float:
        every = [(sample_rng(6, "tries", n), Asking(about(n)[1], elsewhere(about(n)[0]))) for n in range(3)]
        found = [ask_about(rng, asking, 12) for rng, asking in every]
        return sum(len(one.questions) + sum(one.rejected.values()) for one in found) / 3

    expected = sum(TRIES.values())
    assert tries(lambda _: Nowhere()) == pytest.approx(expected, rel=0.1)
    assert tries(lambda scene: OtherMotions(scene, FRAMES, 16, SIZE)) == pytest.approx(expected, rel=0.1)


def wrong(index: int) -> tuple[list[str], Counter[str]]:
    """Questions about a scene whose answer is not that of the hall; all of them by type."""
    scene, video, questions = about(index)
    slow = [numbered(slow_answer(scene, FRAMES, one.asked, scale_of(video)) or ()) for one in questions]
    found = [
        words_of(index, one) for one, right in zip(questions, slow, strict=True) if one.options[one.right] != right
    ]
    return found, Counter(one.asked.kind.name for one in questions)


def test_the_right_answers_are_those_of_the_hall() -> None:
    for index in range(SCENES):
        assert wrong(index)[0] == []


@pytest.mark.slow
def test_the_right_answers_of_a_thousand_scenes_are_those_of_the_hall() -> None:
    counts = Counter[str]()
    with ProcessPoolExecutor() as pool:
        for found, asked in pool.map(wrong, range(SCENES, SCENES + 1000), chunksize=10):
            assert found == []
            counts += asked
    assert set(counts) == set(KINDS)
    assert min(counts.values()) > 500


def test_nothing_is_asked_twice_or_of_itself() -> None:
    for index in range(SCENES):
        asked = [question.asked for question in about(index)[2]]
        assert len(set(asked)) == len(asked)
    for index, question in EVERY:
        one = question.asked
        everyone = [*one.things, one.viewer.thing]
        assert len(set(everyone)) == len(everyone)
        assert all(about(index)[0].bodies[thing].agent for thing in (one.viewer.thing,) if thing != CAMERA)


def test_windows_leave_out_what_predictions_are_about() -> None:
    last = len(FRAMES) - 1
    for _, question in EVERY:
        one = question.asked
        predicts = one.kind.measure == "prediction"
        assert (one.first, one.last) == (last - HELD_BACK, last) if predicts else one.last <= last - HELD_BACK
        assert max(one.boxes.values(), default=0) <= last - HELD_BACK


def test_options_differ_and_any_letter_is_right() -> None:
    places = Counter(question.right for _, question in EVERY)
    assert all(len(set(question.options)) == COUNT for _, question in EVERY)
    assert p_value([places[place] for place in range(COUNT)]) > 1e-3


def words_of(index: int, question: Question) -> str:
    return question_about(about(index)[1], question.asked, (1, 1))


def blind(questions: list[tuple[int, Question]]) -> list[BlindQuestion]:
    return [
        BlindQuestion(
            "any", str(index), question_about(about(index)[1], one.asked, (1, 1)), one.options, one.right, SIZE
        )
        for index, one in questions
    ]


def test_words_alone_are_at_chance() -> None:
    rate = blind_rates(blind(EVERY))["any"]
    assert not rate.leaks, rate


def test_the_audit_finds_a_leak() -> None:
    """The same words with wrong options of white noise, as others draw them: many short changes."""
    noisy = [
        BlindQuestion(one.kind, one.video, one.words, tuple(
            option if place == one.right else f"(1) Become larger. (2) Become smaller. (3) {option[4:]}"
            for place, option in enumerate(one.options)
        ), one.right, one.size)
        for one in blind(EVERY)
    ]  # fmt: skip
    rate = blind_rates(noisy)["any"]
    assert rate.leaks, rate
    assert rate.rate > 0.6


def test_the_same_scene_the_same_questions() -> None:
    before = about(0)[2]
    about.cache_clear()
    assert about(0)[2] == before


def test_other_motions_pass_the_same_boxes() -> None:
    """What the words tell of a body is all that its other motions share with it."""
    scene, video, questions = about(0)
    elsewhere, moved = OtherMotions(scene, FRAMES, 16, SIZE), 0
    for asked in (question.asked for question in questions):
        for other in islice(elsewhere.scenes(sample_rng(1, "x", 0), asked), 5):
            if other is None:
                continue
            known = perceive_exactly(other, FRAMES, 16, SIZE)
            for thing, frame in asked.boxes.items():
                one, new = video.tracks[thing], known.tracks[thing]
                moved += not np.array_equal(scene.motions[thing].places, other.motions[thing].places)
                assert not new.seen[frame] or one.boxes[frame].tolist() == new.boxes[frame].tolist()
    assert moved > 10


def test_the_camera_s_speed_is_not_looked_for_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the same whatever bodies do: nobody draws their motions for it."""
    monkeypatch.setattr("vtb.scenes.moving.again.perceive_exactly", lambda *_: pytest.fail("looked"))
    scene, video, _ = about(0)
    agent = next(number for number, track in enumerate(video.tracks) if track.agent)
    asked = Asked(KINDS["abs_spd"], Viewer(agent, 3), (CAMERA,), 2, 20)
    assert not list(OtherMotions(scene, FRAMES, 16, SIZE).answers(sample_rng(1, "x", 0), asked))


def test_many_questions_about_few_videos_count_as_few() -> None:
    """Each video is told by its words or not, as a whole: as many independent questions as there are videos."""
    hits, videos = np.repeat(np.arange(40) % 4 == 0, 25), np.repeat(np.arange(40).astype(str), 25)
    together, apart = _rate(hits, videos), _rate(hits, np.arange(1000).astype(str))
    assert together.rate == apart.rate == 0.25
    assert apart.error == pytest.approx(0.0137, abs=1e-4)
    assert together.error == pytest.approx(0.0685, abs=1e-4)


def test_answers_that_small_errors_would_change_are_given_up() -> None:
    """With errors that speeds do not stand, what is left stands them."""
    _, video, _ = about(1)
    copies = copies_of(video, 0.005, 1)
    found = ask_about(sample_rng(4, "steady", 0), Asking(video, OtherQuestions(video, copies), copies), 20)
    assert sum(count for reason, count in found.rejected.items() if "a small error" in reason) > 20
    assert found.questions
    for question in found.questions:
        words = question.options[question.right]
        assert all(numbered(answer_to(copy, question.asked)) == words for copy in copies)
    assert copies_of(video, 0.0, 1) == ()
    shift = np.nanmean(np.linalg.norm(copies[0].tracks[0].centres - video.tracks[0].centres, axis=1))
    assert 0.2 < shift / np.nanmean(np.linalg.norm(video.tracks[0].centres, axis=1)) / 0.005 < 5
