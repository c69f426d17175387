"""A model behind an endpoint: many questions at once, their answers in the order of the questions."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from vtb.chat.connection import Connection
from vtb.chat.parts import Messages
from vtb.chat.said import Said
from vtb.errors import UsageProblem
from vtb.stage.executor import Tick

T = TypeVar("T")
LIMIT, LATER_LIMIT = "max_tokens", "max_completion_tokens"  # OpenAI's models that reason refuse the first


@dataclass(frozen=True)
class Asking:
    """How the questions are put.

    Attributes:
        model: the name by which it is served.
        max_new_tokens: longest answer; with what a model thinks, where its service counts that.
        temperature: 0 takes the likeliest token.
        at_once: questions that are asked at the same time.
    """

    model: str
    max_new_tokens: int
    temperature: float
    at_once: int


class ServedModel:
    """Asks a model by its name."""

    def __init__(self, connection: Connection, asking: Asking) -> None:
        """Nothing is sent yet."""
        self._connection, self._asking, self._limit = connection, asking, LIMIT

    def ask(self, messages: Messages, seed: int) -> Said:
        """The answer to one question; ``seed`` is that of the sampling.

        Raises:
            TryAgain: the endpoint has failed as often as it may.
            NotAvailable: it refuses the key, or knows no such model.
            UsageProblem: it refuses the request.
        """
        limit = self._limit
        try:
            return self._connection.ask(self._body(messages, seed, limit))
        except UsageProblem as error:
            if limit == LATER_LIMIT or LATER_LIMIT not in str(error):
                raise
        self._limit = LATER_LIMIT
        return self._connection.ask(self._body(messages, seed, LATER_LIMIT))

    def takes(self, messages: Messages, seed: int) -> bool:
        """Whether it takes a request, whatever it answers: if the simplest, it refuses others for what they say.

        Raises:
            TryAgain: the endpoint has failed as often as it may.
            NotAvailable: it refuses the key, or knows no such model.
        """
        try:
            self.ask(messages, seed)
        except UsageProblem:
            return False
        return True

    def each(self, count: int, ask: Callable[[int], T], tick: Tick) -> list[T]:
        """What ``ask`` finds for each number below a count, several at once, in the order of the numbers.

        The first failure ends all. Threads that still wait for the server are left behind then: a signal ends the
        program, not they.
        """
        todo, done = queue.SimpleQueue[int](), queue.SimpleQueue[tuple[int, T | BaseException]]()
        for index in range(count):
            todo.put(index)

        def work() -> None:
            while True:
                try:
                    index = todo.get_nowait()
                except queue.Empty:
                    return
                try:
                    done.put((index, ask(index)))
                except BaseException as error:  # noqa: BLE001 -- raised again by the thread that asked for it
                    done.put((index, error))
                    return

        for _ in range(min(self._asking.at_once, count)):
            threading.Thread(target=work, name="vtb-ask", daemon=True).start()
        return self._collect(count, done, tick)

    def _collect(self, count: int, done: queue.SimpleQueue[tuple[int, T | BaseException]], tick: Tick) -> list[T]:
        """Wait for all of them."""
        found: dict[int, T] = {}
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

    def _body(self, messages: Messages, seed: int, limit: str) -> bytes:
        asking = self._asking
        return msgspec.json.encode({
            "model": asking.model,
            "messages": messages,
            limit: asking.max_new_tokens,
            "temperature": asking.temperature,
            "seed": seed % 2**63,
        })  # fmt: skip
