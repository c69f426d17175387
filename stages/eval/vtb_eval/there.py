"""A model that a server has."""

from __future__ import annotations

from collections.abc import Sequence

from vtb.chat.served import ServedModel
from vtb.stage.executor import Tick
from vtb_eval.messages import messages
from vtb_eval.prediction import Answer
from vtb_eval.questions import Question


class FromServer:
    """Asks a model by its name, many questions at once."""

    def __init__(self, served: ServedModel, seed: int, max_pixels: int) -> None:
        """Larger pictures are scaled down to ``max_pixels``; the number of a question is added to the seed."""
        self._served, self._seed, self._max_pixels = served, seed, max_pixels

    def __call__(self, questions: Sequence[Question], first: int, tick: Tick) -> list[Answer]:
        """The answers to some questions in their order; the first failure that does not pass ends all."""

        def ask(index: int) -> Answer:
            said = self._served.ask(messages(questions[index], self._max_pixels), self._seed + first + index)
            return Answer(said.text, said.finish, said.tokens)

        return self._served.each(len(questions), ask, tick)
