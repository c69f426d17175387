"""The words of a question alone tell its answer no more often than chance does.

Here of scenes in which everything is taken to be seen, in a random order, so that many can be asked about; what being
seen changes is measured on rendered ones (``python -m perf blind_rooms``).
"""

from __future__ import annotations

import functools
from collections import Counter

import numpy as np
import pytest

from chi_square import p_value
from shared.scenes.brute_force import NAMES, option_of
from vtb.rng import sample_rng, shuffled
from vtb.scenes.furniture import LARGE, SMALL
from vtb.scenes.questions.every import ASKERS
from vtb.scenes.questions.view import Question, View
from vtb.scenes.sampling import LEAST, MOST, sample_counts, sample_scene
from vtb.scenes.visibility import Sight

SCENES = 500
CHOICES = [kind for kind in ASKERS if "direction" in kind or kind.split("_")[0] in ("obj", "route") or "rel" in kind]


@functools.cache
def view_of(index: int) -> View:
    rng = sample_rng(1, "fair", index)
    scene = sample_scene(rng, sample_counts(rng), 2)
    things = len(scene.things)
    pixels = np.tril(np.full((things, things), 99))[:, np.argsort(shuffled(rng, range(things)))]  # one after another
    return View(scene, Sight(pixels, tuple(range(things)), frozenset(range(things)), True, 10_000))


@pytest.fixture(scope="module")
def asked() -> dict[str, list[Question]]:
    found: dict[str, list[Question]] = {kind: [] for kind in ASKERS}
    for index in range(SCENES):
        view, rng = view_of(index), sample_rng(1, "asked", index)
        for kind, ask in ASKERS.items():
            if question := ask(rng, view):
                found[kind].append(question)
    return found


def test_the_types_with_options() -> None:
    assert len(CHOICES) == 6


@pytest.mark.parametrize("kind", CHOICES)
def test_letters(asked: dict[str, list[Question]], kind: str) -> None:
    counts = Counter(question.answer for question in asked[kind])
    letters = "ABCD"[: len(asked[kind][0].options)]
    assert sum(counts.values()) > SCENES / 2
    assert p_value([counts[letter] for letter in letters]) > 0.001


@pytest.mark.parametrize("kind", [kind for kind in CHOICES if "direction" in kind])
def test_directions(asked: dict[str, list[Question]], kind: str) -> None:
    counts = Counter(map(option_of, asked[kind]))
    assert p_value([counts[option[3:]] for option in asked[kind][0].options]) > 0.001


@pytest.mark.parametrize("kind", ["object_rel_distance", "obj_appearance_order"])
def test_names(asked: dict[str, list[Question]], kind: str) -> None:
    """Each name is the right option, or at its head, as often as it is in others."""
    right = Counter(option_of(question).split(", ")[0] for question in asked[kind])
    heads = Counter(option[3:].split(", ")[0] for question in asked[kind] for option in question.options)
    for name, count in heads.items():
        expected, deviation = count / 4, (count * 3 / 16) ** 0.5
        assert abs(right[name] - expected) < 3.5 * deviation, name


@pytest.mark.parametrize("kind", ["obj_appearance_order", "route_planning"])
def test_the_option_that_is_most_like_the_others(asked: dict[str, list[Question]], kind: str) -> None:
    """Distractors made by changing the right one would give it away."""
    guessed = sum(most_alike(question) == "ABCD".index(question.answer) for question in asked[kind])
    total = len(asked[kind])
    assert abs(guessed - total / 4) < 3.3 * (total * 3 / 16) ** 0.5


def most_alike(question: Question) -> int:
    parts = [option[3:].split(", ") for option in question.options]
    same = [sum(a == b for other in parts for a, b in zip(one, other, strict=True)) for one in parts]
    return same.index(max(same))


def test_routes(asked: dict[str, list[Question]]) -> None:
    """Each pair of turns is right as often as it is offered, though some are rarer in rooms."""
    right = Counter(option_of(question) for question in asked["route_planning"])
    offered = Counter(option[3:] for question in asked["route_planning"] for option in question.options)
    assert len(offered) == 9
    for turns, count in offered.items():
        assert abs(right[turns] - count / 4) < 3.3 * (count * 3 / 16) ** 0.5, turns


def test_counts(asked: dict[str, list[Question]]) -> None:
    """Every count as often, whatever is counted."""
    questions = asked["object_counting"]
    counts = Counter(int(question.answer) for question in questions)
    assert p_value([counts[number] for number in range(LEAST, MOST + 1)]) > 0.001
    by_name = {name: [int(q.answer) for q in questions if name in q.words] for name in SMALL}
    middle = np.mean([int(q.answer) for q in questions])
    for name, some in by_name.items():
        assert abs(np.mean(some) - middle) < 3.3 * 2**0.5 / len(some) ** 0.5, name


def test_sizes_and_distances(asked: dict[str, list[Question]]) -> None:
    for kind in ("object_size_estimation", "object_abs_distance"):
        every = np.log([float(q.answer) for q in asked[kind]])
        for name in LARGE:
            some = np.log([float(q.answer) for q in asked[kind] if name in NAMES.findall(q.words)])
            assert abs(some.mean() - every.mean()) < 3.5 * every.std() / len(some) ** 0.5, (kind, name)
