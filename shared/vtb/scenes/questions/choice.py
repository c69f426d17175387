"""Questions with options: which is nearest, where is it, in which order were they seen.

What the words alone tell is kept at chance: options stand in a random order, a direction is asked for only where each
of them could have been asked for, and then each is as likely; names are dealt to things at random (``sampling``).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, permutations

from vtb.rng import pick, shuffled
from vtb.scenes.questions.view import LETTERS, Asker, Question, View, with_options
from vtb.scenes.scene import Spot, distance

TRIES = 50
LEAST_LEAD, LEAST_SHARE = 200, 0.15  # by which the nearest thing is nearer than the next: millimetres, or a share
APART = 1000  # millimetres between the middles of things that directions are told by
# Degrees to the left, from and to; a right turn is the same with the sign changed. Limits keep clear of borders.
EASY = {"left": (30, 150)}
MEDIUM = {"left": (30, 120), "back": (150, 180)}
HARD = {"front-left": (15, 75), "back-left": (105, 165)}


def nearest(rng: random.Random, view: View) -> Question | None:
    """Which of four things is the closest to a fifth."""
    for _ in range(TRIES if len(view.named) > len(LETTERS) else 0):
        target, *others = shuffled(rng, view.named)[: len(LETTERS) + 1]
        gaps = sorted((distance(view.thing(target), view.thing(other)), other) for other in others)
        if gaps[1][0] - gaps[0][0] >= max(LEAST_LEAD, LEAST_SHARE * gaps[0][0]):
            words = f"Going by the closest points of things, which of these is nearest to the {view.name(target)}?"
            right, *wrong = (view.name(other) for _, other in gaps)
            return with_options(rng, "object_rel_distance", words, right, wrong)
    return None


def angle(at: Spot, facing: Spot, target: Spot) -> float:
    """Degrees by which somebody who stands at a spot and faces another turns left to a third; below 0 to the right."""
    ahead, there = (facing[0] - at[0], facing[1] - at[1]), (target[0] - at[0], target[1] - at[1])
    return math.degrees(
        math.atan2(ahead[0] * there[1] - ahead[1] * there[0], ahead[0] * there[0] + ahead[1] * there[1])
    )


def direction_of(turn: float, limits: Mapping[str, tuple[int, int]]) -> str | None:
    """The direction of a turn, or None where it is too near to a border between two."""
    found = next((name for name, (least, most) in limits.items() if least <= abs(turn) <= most), None)
    return found.replace("left", "right") if found and turn < 0 else found


def _apart(one: Spot, other: Spot) -> bool:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 >= APART**2


def _direction(kind: str, limits: Mapping[str, tuple[int, int]], ask: str) -> Asker:
    every = list(dict.fromkeys((*limits, *(name.replace("left", "right") for name in limits))))

    def asker(rng: random.Random, view: View) -> Question | None:
        found: dict[str, list[tuple[int, ...]]] = {name: [] for name in every}
        for three in permutations(view.named, 3):
            at, facing, target = (view.thing(number).centre for number in three)
            told = direction_of(angle(at, facing, target), limits)
            if told and all(_apart(*two) for two in combinations((at, facing, target), 2)):
                found[told].append(three)
        if not all(found.values()):
            return None
        right = pick(rng, every)
        a, b, c = (view.name(number) for number in pick(rng, found[right]))
        words = f"Somebody stands where the {a} is and faces the {b}. {ask.format(c)}"
        return with_options(rng, f"object_rel_direction_{kind}", words, right, [one for one in every if one != right])

    return asker


def appearance(rng: random.Random, view: View) -> Question | None:
    """In which order four things come into view; each is seen clearly before the next shows anything."""
    for _ in range(TRIES if len(view.named) >= len(LETTERS) else 0):
        four = shuffled(rng, view.named)[: len(LETTERS)]
        order = next((o for o in permutations(four) if all(map(view.sight.before, o, o[1:]))), None)
        if order:
            names = ", ".join(view.name(number) for number in four)
            right, *wrong = (", ".join(view.name(number) for number in one) for one in _orders(rng, order))
            words = f"In which order does the video show these for the first time: {names}?"
            return with_options(rng, "obj_appearance_order", words, right, wrong)
    return None


def _orders(rng: random.Random, right: Sequence[int]) -> list[Sequence[int]]:
    """The right order and three others of all that there are."""
    others = [one for one in permutations(sorted(right)) if one != tuple(right)]
    return [right, *shuffled(rng, others)[: len(LETTERS) - 1]]


ASKERS: Mapping[str, Callable[[random.Random, View], Question | None]] = {
    "object_rel_distance": nearest,
    "object_rel_direction_easy": _direction("easy", EASY, "On which side is the {}?"),
    "object_rel_direction_medium": _direction(
        "medium",
        MEDIUM,
        "Where is the {}: to the left, to the right, or at the back, which is a turn of 135 degrees or more?",
    ),
    "object_rel_direction_hard": _direction(
        "hard", HARD, "In which quarter is the {}, if the borders are straight ahead, left, right and straight back?"
    ),
    "obj_appearance_order": appearance,
}  # fmt: skip
