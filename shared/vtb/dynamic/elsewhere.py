"""Where a question about a real video could have been asked, too: of other things of this video, at other times.

Unlike other motions of rendered bodies, they need not fit what the words tell: how much that gives away is what the
blind audit says (``vtb.dynamic.audit``).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from vtb.dynamic.asked import Asked, Rejected
from vtb.dynamic.noise import steady_answer
from vtb.dynamic.roles import draw_question
from vtb.perception.perceived import Perceived

TRIES = 40


@dataclass(frozen=True)
class OtherQuestions:
    """Answers to questions of the same type about one video.

    Attributes:
        video: what is known of it.
        copies: the same with errors, which an answer must stand (``vtb.dynamic.noise``).
    """

    video: Perceived
    copies: tuple[Perceived, ...] = ()

    def answers(self, rng: random.Random, asked: Asked) -> Iterator[tuple[str, ...]]:
        """The answers to other questions; ends where hardly any other has one."""
        failed = 0
        while failed < TRIES:
            failed += 1
            try:
                answer = steady_answer(self.video, self.copies, draw_question(rng, self.video, asked.kind))
            except Rejected:
                continue
            failed = 0
            yield answer
