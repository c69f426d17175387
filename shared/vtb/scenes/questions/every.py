"""Questions of all types about one scene."""

from __future__ import annotations

import random

from vtb.rng import shuffled
from vtb.scenes.questions import choice, numeric, route
from vtb.scenes.questions.view import Question, View

ASKERS = {**numeric.ASKERS, **choice.ASKERS, **route.ASKERS}


def questions_about(rng: random.Random, view: View, count: int) -> list[Question]:
    """So many different questions, one of each type and then another; fewer where the scene has no more."""
    found: dict[tuple[str, str], Question] = {}
    added = True
    while added:
        added = False
        for kind in shuffled(rng, list(ASKERS)):
            asked = ASKERS[kind](rng, view)
            if asked and (kind, asked.words) not in found and len(found) < count:
                found[kind, asked.words] = asked
                added = True
    return list(found.values())
