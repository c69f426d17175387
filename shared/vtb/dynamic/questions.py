"""Questions about one video, as many of each type as it allows."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from vtb.dynamic.asked import Asked, Rejected
from vtb.dynamic.kinds import KINDS, Kind
from vtb.dynamic.noise import steady_answer
from vtb.dynamic.options import Elsewhere, options_of
from vtb.dynamic.roles import draw_question
from vtb.perception.perceived import Perceived
from vtb.rng import shuffled

ATTEMPTS = 40  # at one type, for each question


@dataclass(frozen=True)
class Question:
    """A question with its options.

    Attributes:
        asked: who looks, at what, when.
        options: their words.
        right: the place of the right one.
        segments: how many parts the right answer has.
    """

    asked: Asked
    options: tuple[str, ...]
    right: int
    segments: int


@dataclass
class Found:
    """Questions, and why others were given up."""

    questions: list[Question] = field(default_factory=list)
    rejected: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Asking:
    """What is asked about.

    Attributes:
        video: what is known of it.
        elsewhere: where else its questions could be asked, for wrong options.
        copies: the video with errors that answers must stand (``vtb.dynamic.noise``).
    """

    video: Perceived
    elsewhere: Elsewhere
    copies: tuple[Perceived, ...] = ()

    def question(self, rng: random.Random, kind: Kind) -> Question:
        """A question of a type.

        Raises:
            Rejected: the one that was drawn cannot be asked.
        """
        asked = draw_question(rng, self.video, kind)
        right = steady_answer(self.video, self.copies, asked)
        options, place = options_of(rng, asked, right, self.elsewhere)
        return Question(asked, options, place, len(right))


def ask_about(rng: random.Random, asking: Asking, count: int) -> Found:
    """So many questions, or fewer where the video has no more.

    The types take turns, in an order at random; one of which no more is found drops out. The DSR Suite draws a type for
    each attempt, rare ones likelier, but an attempt that fails is lost, so that types which fail often stay rare.
    """
    found, kinds = Found(), shuffled(rng, list(KINDS.values()))
    while kinds and len(found.questions) < count:
        turn = kinds[: count - len(found.questions)]
        kinds = [*kinds[len(turn) :], *(kind for kind in turn if _one_more(rng, asking, kind, found))]
    return found


def _one_more(rng: random.Random, asking: Asking, kind: Kind, found: Found) -> bool:
    """Whether one more of a type was found."""
    for _ in range(ATTEMPTS):
        try:
            question = asking.question(rng, kind)
        except Rejected as reason:
            found.rejected[f"{kind.name}: {reason}"] += 1
            continue
        if question.asked not in [one.asked for one in found.questions]:
            found.questions.append(question)
            return True
    return False
