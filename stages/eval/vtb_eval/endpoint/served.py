"""A model behind an endpoint: many questions at once, their answers in the order of the questions."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from vtb.errors import UsageProblem
from vtb.stage.executor import Tick
from vtb_eval.endpoint.connection import Connection
from vtb_eval.endpoint.messages import messages
from vtb_eval.prediction import Answer
from vtb_eval.questions import Question

Outcome = tuple[int, Answer | BaseException]  # of the question with this number
LIMIT, LATER_LIMIT = "max_tokens", "max_completion_tokens"  # OpenAI's models that reason refuse the first


@dataclass(frozen=True)
class Asking:
    """How the questions are put.

    Attributes:
        model: the name by which it is served.
        max_new_tokens: longest answer; with what a model thinks, where its service counts that.
        temperature: 0 takes the likeliest token.
        seed: of the sampling; the number of a question is added.
        max_pixels: larger pictures are scaled down to this many pixels.
        at_once: questions that are asked at the same time.
    """

    model: str
    max_new_tokens: int
    temperature: float
    seed: int
    max_pixels: int
    at_once: int


class ServedModel:
    """Asks a model by its name."""

    def __init__(self, connection: Connection, asking: Asking) -> None:
        """Nothing is sent yet."""
        self._connection, self._asking, self._limit = connection, asking, LIMIT

    def answer(self, questions: Sequence[Question], first: int, tick: Tick) -> list[Answer]:
        """The answers to some questions in their order; the first failure that does not pass ends all.

        Threads that still wait for the server are left behind then: a signal ends the program, not they.
        """
        todo, done = queue.SimpleQueue[int](), queue.SimpleQueue[Outcome]()
        for index in range(len(questions)):
            todo.put(index)

        def work() -> None:
            while True:
                try:
                    index = todo.get_nowait()
                except queue.Empty:
                    return
                try:
                    done.put((index, self._ask(questions[index], first + index)))
                except BaseException as error:  # noqa: BLE001 -- raised again by the thread that asked for it
                    done.put((index, error))
                    return

        for _ in range(min(self._asking.at_once, len(questions))):
            threading.Thread(target=work, name="vtb-eval-ask", daemon=True).start()
        return self._collect(len(questions), done, tick)

    def _collect(self, count: int, done: queue.SimpleQueue[Outcome], tick: Tick) -> list[Answer]:
        """Wait for all of them."""
        found: dict[int, Answer] = {}
        try:
            while len(found) < count:
                index, answer = done.get()
                if isinstance(answer, BaseException):
                    raise answer
                found[index] = answer
                tick(1)
        except BaseException:
            self._connection.close()
            raise
        return [found[index] for index in range(count)]

    def _ask(self, question: Question, number: int) -> Answer:
        limit = self._limit
        try:
            return self._connection.ask(self._body(question, number, limit))
        except UsageProblem as error:
            if limit == LATER_LIMIT or LATER_LIMIT not in str(error):
                raise
        self._limit = LATER_LIMIT
        return self._connection.ask(self._body(question, number, LATER_LIMIT))

    def _body(self, question: Question, number: int, limit: str) -> bytes:
        asking = self._asking
        return msgspec.json.encode({
            "model": asking.model,
            "messages": messages(question, asking.max_pixels),
            limit: asking.max_new_tokens,
            "temperature": asking.temperature,
            "seed": (asking.seed + number) % 2**63,
        })  # fmt: skip
