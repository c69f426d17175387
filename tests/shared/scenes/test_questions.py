"""Every answer, found again by brute force from the words, the boxes and the frames (``brute_force``)."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from shared.scenes.brute_force import named, option_of, quarter, relative, surface_distance, three_ways, walked
from vtb.benchmarks.rooms import BENCHMARK
from vtb.benchmarks.vsi_bench.metric import asks_for_number
from vtb.rng import sample_rng
from vtb.scenes.furniture import SHAPES
from vtb.scenes.questions.every import ASKERS
from vtb.scenes.questions.view import Question
from vtb.scenes.render import things_shown
from vtb.scenes.room import Room, RoomConfig, make_room

CONFIG = RoomConfig(questions=25, frames=24, size=(192, 144), clip_frames=48)
ROOMS = 12


@pytest.fixture(scope="module")
def rooms() -> list[Room]:
    return [make_room(sample_rng(3, "asked", index), CONFIG) for index in range(ROOMS)]


def asked(rooms: list[Room], kind: str) -> Iterator[tuple[Room, Question]]:
    found = [(room, question) for room in rooms for question in room.questions if question.kind == kind]
    assert len(found) >= ROOMS / 2
    yield from found


def test_every_type_of_the_benchmark_is_asked(rooms: list[Room]) -> None:
    assert set(ASKERS) == set(BENCHMARK.tasks())
    kinds = Counter(question.kind for room in rooms for question in room.questions)
    assert set(kinds) == set(ASKERS)
    for room in rooms:
        assert len(room.questions) <= CONFIG.questions
        assert len({(q.kind, q.words) for q in room.questions}) == len(room.questions)
        for question in room.questions:
            assert bool(question.options) != asks_for_number(question.kind)
            assert len({option[3:] for option in question.options}) == len(question.options)
            assert [option[:3] for option in question.options] == [f"{c}. " for c in "ABCD"[: len(question.options)]]


def test_few_questions_are_of_different_types() -> None:
    room = make_room(sample_rng(3, "asked", 0), RoomConfig(4, 24, (192, 144), 48))
    assert len({question.kind for question in room.questions}) == len(room.questions) == 4


def test_counts(rooms: list[Room]) -> None:
    for room, question in asked(rooms, "object_counting"):
        name = re.fullmatch(r"How many (.+)s does this room hold\?", question.words)[1]  # type: ignore[index]
        numbers = [n for n, thing in enumerate(room.scene.things) if thing.name == name]
        assert len(numbers) == int(question.answer) >= 2
        seen = [things_shown(room.clip[place], len(room.scene.things)) for place in room.sampled]
        assert all(max(counts[number] for counts in seen) >= 0.002 * 192 * 144 for number in numbers)


def test_distances(rooms: list[Room]) -> None:
    for room, question in asked(rooms, "object_abs_distance"):
        one, other = named(room.scene, question.words)
        assert surface_distance(one, other) / 1000 == pytest.approx(float(question.answer), abs=0.0501)


def test_sizes(rooms: list[Room]) -> None:
    for room, question in asked(rooms, "object_size_estimation"):
        (thing,) = named(room.scene, question.words)
        corners = [corner for box in thing.boxes for corner in (box.low, box.high)]
        sides = [max(c[axis] for c in corners) - min(c[axis] for c in corners) for axis in range(3)]
        assert max(sides) / 10 == pytest.approx(float(question.answer), abs=0.501)


def test_room_sizes(rooms: list[Room]) -> None:
    for room, question in asked(rooms, "room_size_estimation"):
        tiles = room.scene.size[0] / 500 * room.scene.size[1] / 500  # of a quarter of a square metre
        assert tiles / 4 == pytest.approx(float(question.answer), abs=0.0501)


def test_nearest(rooms: list[Room]) -> None:
    for room, question in asked(rooms, "object_rel_distance"):
        (target,) = named(room.scene, question.words)
        options = [named(room.scene, option)[0] for option in question.options]
        gaps = [surface_distance(target, option) for option in options]
        best, second = sorted(gaps)[:2]
        assert options[gaps.index(best)].name == option_of(question)
        assert second - best >= 199
        assert second >= 1.149 * best


@pytest.mark.parametrize(
    ("level", "border"), [("easy", (0, 180)), ("medium", (0, 135, 180)), ("hard", (0, 90, 180))]
)  # fmt: skip
def test_directions(rooms: list[Room], level: str, border: tuple[int, ...]) -> None:
    for room, question in asked(rooms, f"object_rel_direction_{level}"):
        place = relative(*named(room.scene, question.words))
        told = {"easy": lambda p: "left" if p.imag > 0 else "right", "medium": three_ways, "hard": quarter}[level](
            place
        )
        assert option_of(question) == told
        assert len(question.options) == {"easy": 2, "medium": 3, "hard": 4}[level]
        turn = abs(math.degrees(math.atan2(place.imag, place.real)))
        near = [abs(turn - one) for one in border if not (told == "back" and one == 180)]
        assert min(near) >= 14.9


def test_orders(rooms: list[Room]) -> None:
    for room, question in asked(rooms, "obj_appearance_order"):
        numbers = {thing.name: number for number, thing in enumerate(room.scene.things)}
        four = [thing.name for thing in named(room.scene, question.words)]
        for places in (range(len(room.clip)), room.sampled):
            counts = [things_shown(room.clip[place], len(room.scene.things)) for place in places]
            first = {name: next(t for t, c in enumerate(counts) if c[numbers[name]]) for name in four}
            assert sorted(four, key=lambda name: first[name]) == option_of(question).split(", ")
            assert len(set(first.values())) == 4
        assert len(four) == len(set(question.options)) == 4
        assert all(sorted(option[3:].split(", ")) == sorted(four) for option in question.options)


def test_routes(rooms: list[Room]) -> None:
    for room, question in asked(rooms, "route_planning"):
        goal = named(room.scene, question.words.partition(". It goes")[0])[2].name
        assert walked(room.scene, question) == goal
        for letter in "ABCD":
            if letter != question.answer:
                other = Question(question.kind, question.words, letter, question.options)
                assert walked(room.scene, other) is None


def test_what_is_named_is_seen_whole_and_alone_of_its_name(rooms: list[Room]) -> None:
    for room in rooms:
        for question in room.questions:
            for thing in named(room.scene, question.words) if question.kind != "object_counting" else ():
                shown = [
                    things_shown(room.clip[place], len(room.scene.things))[room.scene.things.index(thing)]
                    for place in room.sampled
                ]
                assert max(shown) >= 0.002 * 192 * 144


def test_a_room_depends_on_its_generator_alone() -> None:
    one, same, other = (make_room(sample_rng(3, "asked", index), CONFIG) for index in (1, 1, 2))
    assert one.questions == same.questions
    assert one.scene == same.scene != other.scene


def test_names_are_read_whole() -> None:
    assert not any(a in b for a, b in itertools.permutations(SHAPES, 2))
