"""What a container prints, and what tells it to end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any


class Stopped(Exception):
    """The pod is to end: what SIGTERM does to a program that does not catch it."""


@dataclass(frozen=True)
class Piece:
    """A line, or a part of one, and when it was printed."""

    when: datetime
    text: bytes


class ContainerLog:
    """The output of one start of a container; what `run` gets as its second argument.

    Attributes:
        container: The container's entry in the pod.
        env: Its environment.
        stopping: Set when SIGTERM would come.
        killed: Set when SIGKILL would come.
        message: The termination message, for the program to set.
        files: Where the files of mounted ConfigMaps and Secrets are, by mount path, as text by name.
    """

    def __init__(self, container: dict[str, Any], env: dict[str, str], files: dict[str, dict[str, str]]) -> None:
        self.container = container
        self.env = env
        self.files = files
        self.stopping = threading.Event()
        self.killed = threading.Event()
        self.message = ""
        self._pieces: list[Piece] = []
        self._changed = threading.Condition()
        self._ended = False

    def write(self, text: str | bytes) -> None:
        """Print; what comes after the container was killed is lost."""
        data = text.encode() if isinstance(text, str) else text
        with self._changed:
            if not self._ended:
                when = datetime.now(timezone.utc)
                self._pieces += [Piece(when, line) for line in data.splitlines(keepends=True)]
            self._changed.notify_all()

    def sleep(self, seconds: float) -> None:
        """Wait, or raise `Stopped` when the pod is to end."""
        if self.stopping.wait(seconds):
            raise Stopped

    def end(self) -> None:
        """Nothing more is printed."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def pieces(self) -> list[Piece]:
        with self._changed:
            return list(self._pieces)

    def follow(self, start: int, going_on: Callable[[], bool]) -> Iterator[Piece]:
        """What is printed from the piece with this number on, until the container ends."""
        while True:
            with self._changed:
                while len(self._pieces) <= start:
                    if self._ended or not going_on():
                        return
                    self._changed.wait(0.2)
                new = self._pieces[start:]
            start += len(new)
            yield from new

    @property
    def tail(self) -> str:
        """The last 80 lines, at most 2048 bytes: FallbackToLogsOnError."""
        return b"".join(piece.text for piece in self.pieces()[-80:])[-2048:].decode(errors="replace")
