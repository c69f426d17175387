"""Questions about one video, as many of each type as it allows."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from vtb.dynamic.asked import Asked, Rejected
from vtb.dynamic.describe import segments_of
from vtb.dynamic.kinds import KINDS
from vtb.dynamic.noise import steady_answer
from vtb.dynamic.options import Elsewhere, options_of
from vtb.dynamic.roles import draw_question
from vtb.perception.perceived import Perceived
from vtb.rng import below, shuffled

# How often each type is tried for each question of it that comes of rendered scenes at the defaults, on average.
TRIES = {
    "abs_dis": 18.5, "abs_dir": 2.93, "abs_ori": 1.82, "abs_spd": 8.3, "abs_spd_comp": 9.03, "abs_dir_pred": 6.43,
    "rel_dis": 18.0, "rel_dir": 2.93, "rel_ori": 1.87, "rel_spd": 2.78, "rel_spd_comp": 4.22, "rel_dir_pred": 5.75,
}  # fmt: skip
WHOLE = 1 << 20


@dataclass(frozen=True)
class Question:
    """A question with its options.

    Attributes:
        asked: who looks, at what, when.
        options: their words.
        right: the place of the right one.
        segments: how many parts an option has, on average over all four: that of the right one alone would tell it
            from the others where questions are chosen by it.
    """

    asked: Asked
    options: tuple[str, ...]
    right: int
    segments: float


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

    def question(self, rng: random.Random, asked: Asked) -> Question:
        """A question with its options.

        Raises:
            Rejected: it cannot be asked.
        """
        right = steady_answer(self.video, self.copies, asked)
        options, place = options_of(rng, asked, right, self.elsewhere)
        return Question(asked, options, place, sum(map(segments_of, options)) / len(options))


def ask_about(rng: random.Random, asking: Asking, count: int) -> Found:
    """About so many questions, as many of each type.

    How often each type is tried is settled before, and all that can be asked is kept. To try until a type has its
    question would give answers that seldom can be asked more weight in the video than they have elsewhere: words that
    are common answers would then be right more often than they are offered.
    """
    found, drawn = Found(), set[Asked]()
    for kind in shuffled(rng, list(KINDS.values())):
        for _ in range(_tries(rng, count / len(KINDS) * TRIES[kind.name])):
            try:
                asked = draw_question(rng, asking.video, kind)
                if asked not in drawn:
                    drawn.add(asked)
                    found.questions.append(asking.question(rng, asked))
            except Rejected as reason:
                found.rejected[f"{kind.name}: {reason}"] += 1
    return found


def _tries(rng: random.Random, expected: float) -> int:
    """A whole number, which on average is the expected one."""
    return int(expected) + (below(rng, WHOLE) < (expected % 1) * WHOLE)
