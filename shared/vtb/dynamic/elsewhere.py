"""Where a question about a real video could have been asked, too: of other things of this video, at other times.

Unlike other motions of rendered bodies, they need not fit what the words tell: how much that gives away is what the
blind audit says (``vtb.dynamic.audit``).
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from vtb.dynamic.asked import Asked, Rejected, answer_to
from vtb.dynamic.roles import draw_question
from vtb.perception.perceived import Perceived

TRIES = 40


@dataclass(frozen=True)
class OtherQuestions:
    """Answers to questions of the same type about one video."""

    video: Perceived

    def answer(self, rng: random.Random, asked: Asked) -> tuple[str, ...]:
        """The answer to another question.

        Raises:
            Rejected: no other one has an answer.
        """
        for _ in range(TRIES):
            try:
                return answer_to(self.video, draw_question(rng, self.video, asked.kind))
            except Rejected:
                continue
        raise Rejected("no other question of its type")
