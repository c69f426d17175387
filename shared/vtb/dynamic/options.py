"""The four options of a question: the right answer among three that would be right elsewhere.

The right answer and those from elsewhere are draws of the same chance, so before one is picked out as the right one
none differs from the others but by how often it was drawn. A question is therefore kept the less often, the more often
its right answer was drawn: then each option that is offered is right with the same chance. To draw wrong ones until
three differ would be another thing: what is likely everywhere would be right more often than it is offered.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Protocol

from vtb.dynamic.asked import Asked, Rejected
from vtb.dynamic.describe import numbered
from vtb.rng import below, shuffled

COUNT = 4
ELSEWHERE = 9  # answers from elsewhere for each question


class Elsewhere(Protocol):
    """Where else a question could have been asked."""

    def answers(self, rng: random.Random, asked: Asked) -> Iterator[tuple[str, ...]]:
        """What would be right there, one after the other; ends where it can hardly be asked elsewhere."""
        ...


def options_of(
    rng: random.Random, asked: Asked, right: tuple[str, ...], elsewhere: Elsewhere
) -> tuple[tuple[str, ...], int]:
    """The words of the options, and the place of the right one, which is any with the same chance.

    Raises:
        Rejected: there are not enough different ones, or chance has it so.
    """
    words = numbered(right)
    drawn = Counter([words])
    answers = elsewhere.answers(rng, asked)
    for left in range(ELSEWHERE, 0, -1):
        if len(drawn) + left < COUNT:
            raise Rejected("nearly everywhere the same answer")
        other = next(answers, None)
        if other is None:
            raise Rejected("nowhere else to be asked")
        drawn[numbered(other)] += 1
    if len(drawn) < COUNT:
        raise Rejected("nearly everywhere the same answer")
    others = shuffled(rng, sorted(drawn.keys() - {words}), COUNT - 1)
    if below(rng, drawn[words]) >= min(drawn[one] for one in (words, *others)):
        raise Rejected("its answer is a common one")
    place = below(rng, COUNT)
    return (*others[:place], words, *others[place:]), place
