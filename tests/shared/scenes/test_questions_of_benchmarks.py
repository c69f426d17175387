"""Questions about scenes in the forms of VLM4D and 4D-Bench: exact answers, found another way, and fair options."""

from __future__ import annotations

import functools
import math
import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest

from chi_square import p_value
from shared.dynamic.slow_truth import axes_of, place_of
from shared.scenes.ray_casting import rays_of
from vtb.dynamic.viewpoint import CAMERA
from vtb.media.frames import sampled_places, strided_places
from vtb.rng import sample_rng
from vtb.scenes.moving.draw import WHITE, MovingRenderer, mask_of
from vtb.scenes.moving.questions.around import seen_always, seen_from_side
from vtb.scenes.moving.questions.choice import COUNT, Choice, ask, deal
from vtb.scenes.moving.questions.courses import course_of
from vtb.scenes.moving.questions.directions import askers_of
from vtb.scenes.moving.questions.things import NAMED, Things
from vtb.scenes.moving.scene import MovingScene, draw_scene
from vtb.scenes.moving.truth import perceive_exactly

SIZE, CLIP, SCENES, FPS = (320, 240), 64, 24, 16
FRAMES, SHOWN, CAMERAS = sampled_places(CLIP, 16), strided_places(CLIP, 6), (1, 8, 16)
Asked = tuple[MovingScene, Choice]


@functools.cache
def scene_of(index: int) -> MovingScene:
    return draw_scene(sample_rng(4, "benchmarks", index), CLIP)


@functools.cache
def of_motion() -> list[Asked]:
    def about(index: int) -> Iterator[Asked]:
        scene = scene_of(index)
        known = perceive_exactly(scene, FRAMES, FPS, SIZE)
        for one in ask(sample_rng(4, "motion", index), askers_of(scene, known, FRAMES), 12):
            yield scene, one

    return [one for index in range(SCENES) for one in about(index)]


@functools.cache
def of_things() -> list[Asked]:
    def about(index: int) -> Iterator[Asked]:
        scene = scene_of(index)
        things = Things(scene, seen_always(scene, CAMERAS, SHOWN, SIZE), SHOWN[-1])
        rng = sample_rng(4, "things", index)
        for one in ask(rng, things.askers(rng), 15):
            yield scene, one

    return [one for index in range(SCENES) for one in about(index)]


def named(scene: MovingScene, name: str) -> int:
    return [body.name for body in scene.bodies].index(name)


def of_kind(asked: list[Asked], kind: str, least: int) -> list[Asked]:
    found = [(scene, one) for scene, one in asked if one.kind == kind]
    assert len(found) >= least
    return found


def of_there(kind: str, least: int) -> Iterator[tuple[MovingScene, Choice, int, range]]:
    """Questions about bodies, which body, and when; of what is said not to be there it is made sure here."""
    for scene, one in of_kind(of_motion(), kind, least):
        name, frames = re.findall(r"does the (.*) (?:move|turn)", one.words)[0], window(one.words)
        if one.answer.startswith("No "):
            assert name not in {body.name for body in scene.bodies}
        else:
            yield scene, one, named(scene, name), frames


def window(words: str) -> range:
    """All frames between the two times, which have one digit."""
    first, last = (round(float(time) * FPS) for time in re.findall(r"([\d.]+)s", words))
    return range(first, last + 1)


def test_ways_are_those_of_the_hall_seen_by_the_camera_at_the_beginning() -> None:
    for scene, one, number, frames in of_there("translation", 10):
        way = place_of(scene, number, frames[-1]) - place_of(scene, number, frames[0])
        ahead, left, _ = axes_of(scene, CAMERA, frames[0]) @ way
        side = ("To the left" if left > 0 else "To the right") if abs(left) > abs(ahead) else None
        assert one.answer == (side or ("Away from the camera" if ahead > 0 else "Towards the camera"))


def test_turns_are_those_of_the_headings() -> None:
    for scene, one, number, frames in of_there("rotation", 30):
        headings = scene.motions[number].headings[frames.start : frames.stop]
        steps = (np.diff(headings) + 18000) % 36000 - 18000  # hundredths of a degree to the left
        turn = np.concatenate([[0], np.cumsum(steps)])
        if turn.max() > max(0, turn[-1]) + 2000:
            assert one.answer == "First counter-clockwise, then clockwise"
        elif turn.min() < min(0, turn[-1]) - 2000:
            assert one.answer == "First clockwise, then counter-clockwise"
        elif np.ptp(turn) < 600:
            assert one.answer == "It does not turn"
        else:
            assert one.answer == ("Counter-clockwise" if turn[-1] > 0 else "Clockwise")


def test_counts_and_colors() -> None:
    for scene, one in of_kind(of_things(), "counting", 10):
        assert int(one.answer) == len(scene.bodies)
    for scene, one in of_kind(of_things(), "appearance", 20):
        name = re.findall(r"color of the (.*)\?", one.words)[0]
        assert NAMED[scene.bodies[named(scene, name)].color] == one.answer


def test_sides_are_those_of_the_thing_that_looks() -> None:
    for scene, one in of_kind(of_things(), "spatial", 15):
        when, other, viewer = re.findall(
            r"At the (.*) of the video, where is the (.*), from the (.*)'s own", one.words
        )[0]
        frame, (eye, thing) = (0 if when == "beginning" else CLIP - 1), (named(scene, n) for n in (viewer, other))
        assert scene.bodies[eye].agent
        ahead, left, _ = axes_of(scene, eye, frame) @ (place_of(scene, thing, frame) - place_of(scene, eye, frame))
        sides = {"In front of it": ahead, "Behind it": -ahead, "On its left": left, "On its right": -left}
        assert one.answer == max(sides, key=lambda side: sides[side])


def test_what_is_nearest_and_what_goes_farthest() -> None:
    def flat(scene: MovingScene, name: str, frame: int) -> tuple[float, float]:
        x, y, _ = place_of(scene, named(scene, name), frame).tolist()
        return x, y

    for scene, one in of_kind(of_things(), "temporal", 8):
        eye, ends = re.findall(r"nearest to the (.*) at the beginning", one.words)[0], []
        for frame in (0, CLIP - 1):
            far = {
                body.name: math.dist(flat(scene, eye, frame), flat(scene, body.name, frame)) for body in scene.bodies
            }
            ends.append(sorted(far, key=lambda name: far[name])[1])
        assert one.answer == f"First the {ends[0]}, in the end the {ends[1]}"
    for scene, one in of_kind(of_things(), "action", 15):
        names = [option.removeprefix("The ") for option in one.options]
        ways = [
            sum(math.dist(flat(scene, name, n), flat(scene, name, n + 1)) for n in range(CLIP - 1)) for name in names
        ]
        assert one.right == ways.index(max(ways))


@pytest.mark.parametrize("asked", [of_motion, of_things])
def test_any_option_and_any_letter_is_right_as_often_as_another(asked: object) -> None:
    every = [one for _, one in (of_motion() if asked is of_motion else of_things())]
    assert all(len(set(one.options)) == COUNT for one in every)
    assert p_value([Counter(one.right for one in every)[place] for place in range(COUNT)]) > 1e-3
    kinds = {one.kind for one in every}
    assert kinds == ({"translation", "rotation"} if asked is of_motion else
                     {"counting", "appearance", "spatial", "temporal", "action"})  # fmt: skip
    offered = Counter(option for one in every for option in one.options)
    right = Counter(one.answer for one in every)
    for option, times in offered.items():
        if times >= 40:
            assert abs(right[option] / times - 1 / COUNT) < 4 * math.sqrt(3 / 16 / times), option


def test_what_is_asked_about_is_chosen_after_the_right_answer() -> None:
    """However seldom an answer is, and only where there are enough."""

    def often() -> dict[str, list[int]]:
        return {"a": list(range(97)), "b": [97], "c": [98], "d": [99]}

    dealt = [deal(sample_rng(0, "deal", index), often()) for index in range(400)]
    answers = Counter(found[0][found[1]] for found in dealt if found)
    assert p_value([answers[name] for name in often()]) > 1e-3
    assert all(found[2] in often()[found[0][found[1]]] for found in dealt if found)
    assert deal(sample_rng(0, "deal", 0), {**often(), "d": []}) is None
    kept = deal(sample_rng(0, "deal", 0), {**often(), "e": [100]}, always=("e",))
    assert kept is not None
    assert "e" in kept[0]
    assert deal(sample_rng(0, "deal", 0), {**often(), "e": []}, always=("e",)) is None


def test_what_was_asked_about_is_not_asked_about_again() -> None:
    """And a seldom answer is an option only as long as it can be right."""
    rng, pools = sample_rng(0, "deal", 1), {name: list(range(9)) for name in "abcd"} | {"e": [9]}
    found = [one for _ in range(60) if (one := deal(rng, pools))]
    things = [(options[right], about) for options, right, about in found]
    assert len(set(things)) == len(things) > 8
    last = next(place for place, thing in enumerate(things) if thing[0] == "e")
    assert all("e" not in options for options, *_ in found[last + 1 :])


@pytest.mark.parametrize(
    ("values", "course"),
    [([0, 3, 2.5, 9], "up"), ([9, 5, 0], "down"), ([0, 9, 1], "up, then down"), ([9, 0, 9], "down, then up"),
     ([0, 0.5, 0], "still"), ([0, 9, 0, 9], None), ([0, 2, 4], None), ([0, 9, 7], None)],
)  # fmt: skip
def test_courses(values: list[float], course: str | None) -> None:
    assert course_of(np.array(values, float), 5, 1) == course


@pytest.mark.parametrize("index", range(3))
def test_views_show_all_bodies_on_white(index: int) -> None:
    """A camera that stands still sees each where a ray from it meets its middle."""
    scene = scene_of(index)
    for camera in CAMERAS:
        view = seen_from_side(scene, camera)
        assert set(view.path) == {view.path[0]}
        assert (view.bodies, view.motions) == (scene.bodies, scene.motions)
        renderer = MovingRenderer(view, SIZE, hall=False)
        picture = renderer.draw(0)
        assert renderer.palette[picture[0, 0]] == WHITE
        shown = [mask_of(picture, body) for body in range(len(scene.bodies))]
        assert np.count_nonzero(picture) == sum(mask.sum() for mask in shown)
        rays = rays_of(view.path[0], SIZE)
        eye = np.array(view.path[0].place, float)
        for number, mask in enumerate(shown):
            way = place_of(scene, number, 0) - eye
            cosines = (rays @ way) / np.linalg.norm(rays, axis=-1) / np.linalg.norm(way)
            row, column = np.unravel_index(cosines.argmax(), cosines.shape)
            rows, columns = np.nonzero(mask)
            assert rows.min() - 2 <= row <= rows.max() + 2
            assert columns.min() - 2 <= column <= columns.max() + 2
    assert seen_always(scene, CAMERAS, SHOWN, SIZE).all()
