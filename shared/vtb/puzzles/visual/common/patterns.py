"""Choosing the content of a pattern at random, so that counting colors or shapes does not tell the answer.

In a pattern the parts of a group share a value. If the groups always had different values, the missing part's value
would be the rarest in the picture (three pairs of colors: 2, 2 and 1). So each group draws on its own from three
values; only all the same is left out. Then the answer is as often the most common value as the rarest.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import TypeVar

from vtb.rng import below

Value = TypeVar("Value")
SIZES = ("small", "medium", "large")
# Where a picture shows two sizes only, words for them need a measure: the grey disc in the missing place.
SIZES_NOTE = "Large is as wide as the grey disc, medium is about 0.7 and small about 0.4 times as wide."


def pick(rng: random.Random, values: Sequence[Value]) -> Value:
    """One of them, each with the same chance."""
    return values[below(rng, len(values))]


def shuffled(rng: random.Random, values: Sequence[Value]) -> list[Value]:
    """All of them in an order, every order with the same chance."""
    rest, order = list(values), []
    while rest:
        order.append(rest.pop(below(rng, len(rest))))
    return order


def assign(rng: random.Random, groups: int, values: Sequence[Value], sampling: str) -> list[Value]:
    """A value for every group.

    Args:
        rng: the generator.
        groups: how many groups there are.
        values: different values to choose from, at least three, and at least one a group for ``videothinkbench``.
        sampling: ``fair`` as above, or ``videothinkbench`` for a different value in every group.
    """
    order = shuffled(rng, values)
    if sampling == "videothinkbench":
        return order[:groups]
    while True:
        drawn = [pick(rng, order[:3]) for _ in range(groups)]
        if any(value != drawn[0] for value in drawn):
            return drawn


def count_assigned(groups: int, values: int, sampling: str) -> int:
    """How many different results ``assign`` has."""
    if sampling == "videothinkbench":
        return math.perm(values, groups)
    # Onto exactly k of at most three values, k > 1: choose them, and count the maps that hit each of them.
    pairs = math.comb(values, 2) * (2**groups - 2)
    triples = math.comb(values, 3) * (3**groups - 3 * 2**groups + 3)
    return int(pairs + triples)


def options_around(
    rng: random.Random, answer: str, likely: Sequence[str], others: Sequence[str], count: int
) -> list[str]:
    """Options in random order: the answer, what the picture shows besides, and others to fill up."""
    shown = shuffled(rng, [value for value in dict.fromkeys(likely) if value != answer])
    unseen = shuffled(rng, [value for value in others if value != answer and value not in shown])
    return shuffled(rng, [answer, *(shown + unseen)[: count - 1]])
