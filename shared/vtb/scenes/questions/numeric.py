"""Questions whose answers are numbers: counts, distances, sizes."""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import combinations

from vtb.rng import pick
from vtb.scenes.furniture import SMALL
from vtb.scenes.questions.view import Asker, Question, View
from vtb.scenes.scene import distance

LEAST_DISTANCE = 300  # millimetres; the accuracy of shorter ones would hang on the rounding


def counting(rng: random.Random, view: View) -> Question | None:
    """How many things of a name there are, if every single one was seen.

    It is asked about the first sort of small things: choosing among those that were seen whole would prefer few.
    """
    name = next((thing.name for thing in view.scene.things if thing.name in SMALL), None)
    if name is None or not view.sight.whole.issuperset(view.scene.named(name)):
        return None
    return Question("object_counting", f"How many {name}s does this room hold?", str(len(view.scene.named(name))))


def absolute_distance(rng: random.Random, view: View) -> Question | None:
    """Metres between the closest points of two things."""
    pairs = [
        (one, other, gap)
        for one, other in combinations(view.named, 2)
        if (gap := distance(view.thing(one), view.thing(other))) >= LEAST_DISTANCE
    ]
    if not pairs:
        return None
    one, other, gap = pick(rng, pairs)
    words = (
        f"How many meters lie between the {view.name(one)} and the {view.name(other)}, from the closest point of one "
        "to the closest point of the other?"
    )
    return Question("object_abs_distance", words, f"{gap / 1000:.1f}")


def size(rng: random.Random, view: View) -> Question | None:
    """Centimetres of the longest side of a thing."""
    if not view.named:
        return None
    thing = view.thing(pick(rng, view.named))
    words = f"Of the length, the width and the height of the {thing.name}, how many centimeters does the longest have?"
    return Question("object_size_estimation", words, str(round(thing.longest_side / 10)))


def room_size(rng: random.Random, view: View) -> Question | None:
    """Square metres of the floor."""
    if not view.sight.walls:
        return None
    width, depth, _ = view.scene.size
    return Question(
        "room_size_estimation", "How large is the floor of this room, in square meters?", f"{width * depth / 1e6:.1f}"
    )


ASKERS: Mapping[str, Asker] = {
    "object_counting": counting, "object_abs_distance": absolute_distance, "object_size_estimation": size,
    "room_size_estimation": room_size,
}  # fmt: skip
