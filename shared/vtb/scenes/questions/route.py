"""Routes from thing to thing: which turns a robot takes on its way."""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import pairwise, permutations

from vtb.rng import pick, shuffled
from vtb.scenes.questions.choice import angle, direction_of
from vtb.scenes.questions.view import LETTERS, Asker, Question, View, with_options
from vtb.scenes.scene import crosses

TURNS = {"left": (60, 120), "back": (150, 180)}  # degrees; the borders are 45 and 135
BODY = 100  # millimetres that must be free on each side of the way
Route = tuple[int, ...]


def planning(rng: random.Random, view: View) -> Question | None:
    """Two turns between three ways that are free; asked only where four pairs of turns could have been asked for."""
    found = routes(view)
    if len(found) < len(LETTERS):
        return None
    right, *wrong = shuffled(rng, sorted(found))[: len(LETTERS)]
    a, b, c, d = (view.name(number) for number in pick(rng, found[right]))
    words = (
        f"A robot at the {a} faces the {b} and is to get to the {d}. It goes 1. forward to the {b}, 2. [turn], "
        f"3. forward to the {c}, 4. [turn], 5. forward to the {d}. Which turns does it take?"
    )
    return with_options(rng, "route_planning", words, right, wrong)


def routes(view: View) -> dict[str, list[Route]]:
    """The routes over four things by the turns that they take."""
    free = {pair for pair in permutations(view.named, 2) if _free(view, *pair)}
    turns = {three: _turn(view, *three) for three in permutations(view.named, 3)}
    found: dict[str, list[Route]] = {}
    for route in permutations(view.named, 4):
        first, second = turns[route[:3]], turns[route[1:]]
        if first and second and free.issuperset(pairwise(route)):
            found.setdefault(f"{first}, then {second}", []).append(route)
    return found


def _free(view: View, start: int, end: int) -> bool:
    """Whether nothing but the two things themselves stands on the straight way between their middles."""
    ends = view.thing(start).centre, view.thing(end).centre
    others = (thing.bounds for number, thing in enumerate(view.scene.things) if number not in (start, end))
    return not any(crosses(*ends, other.low, other.high, BODY) for other in others)


def _turn(view: View, start: int, at: int, end: int) -> str | None:
    """The turn at the second thing of somebody who comes from the first and goes to the third."""
    came, here, goes = (view.thing(number).centre for number in (start, at, end))
    ahead = 2 * here[0] - came[0], 2 * here[1] - came[1]
    return direction_of(angle(here, ahead, goes), TURNS)


ASKERS: Mapping[str, Asker] = {"route_planning": planning}
