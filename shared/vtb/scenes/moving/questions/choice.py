"""Questions with options, of which the words of a question alone cannot tell the right one.

First a scene's answers are told apart: which things, and when, have each. Options are then such as some thing of the
scene could be asked for, one of them is made the right one, each with the same chance, and only after that it is chosen
what is asked about. To choose that first would make common answers right more often than they are offered. Nothing is
asked twice: the next question has options of what is left. To pass over what was asked already would make seldom
answers right less often.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, MutableSequence, Sequence
from dataclasses import dataclass
from typing import TypeVar

from vtb.rng import below, shuffled

COUNT = 4
T = TypeVar("T")


@dataclass(frozen=True)
class Choice:
    """A question.

    Attributes:
        kind: what it is about, in a word.
        words: the question.
        options: their words.
        right: the place of the right one.
    """

    kind: str
    words: str
    options: tuple[str, ...]
    right: int

    @property
    def answer(self) -> str:
        """The words of the right option."""
        return self.options[self.right]


Asker = Callable[[random.Random], "Choice | None"]  # draws a question, or None where the scene has none that is fair


def deal(
    rng: random.Random, asked: Mapping[str, MutableSequence[T]], always: Sequence[str] = ()
) -> tuple[list[str], int, T] | None:
    """Options, the place of the right one, and what is asked about; None where there are too few answers.

    Args:
        rng: where chance comes from.
        asked: what each answer is right for; what is asked about is taken out.
        always: answers that are options in any case.
    """
    if not all(asked[answer] for answer in always):
        return None
    others = sorted(answer for answer, some in asked.items() if some and answer not in always)
    if len(others) < COUNT - len(always):
        return None
    options = shuffled(rng, [*always, *shuffled(rng, others, COUNT - len(always))])
    right = below(rng, COUNT)
    return options, right, taken(rng, asked[options[right]])


def among(rng: random.Random, right: T, wrong: Sequence[T]) -> tuple[list[T], int]:
    """Options of which one is right, at a place that chance says, the others some of many; and that place."""
    place = below(rng, COUNT)
    options = shuffled(rng, wrong, COUNT - 1)
    options.insert(place, right)
    return options, place


def taken(rng: random.Random, pool: MutableSequence[T]) -> T:
    """One of some, which is taken out."""
    return pool.pop(below(rng, len(pool)))


def ask(rng: random.Random, askers: Sequence[Asker], count: int) -> list[Choice]:
    """At most so many questions, no two in the same words; askers take turns, and each turn is one try.

    Who asks in the same words twice must do so whatever the right answer is.
    """
    order, found = shuffled(rng, askers), dict[str, Choice]()
    for place in range(count):
        one = order[place % len(order)](rng)
        if one is not None:
            found.setdefault(one.words, one)
    return list(found.values())
