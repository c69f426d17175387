"""What keeps pods from starting, on a test's order."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Match = Callable[[dict[str, Any]], bool]


def every_pod(pod: dict[str, Any]) -> bool:
    """The match of holds that mean all pods."""
    return True


@dataclass(eq=False)
class Hold:
    """Keeps matching pods from starting until it is released; a context manager.

    Attributes:
        kind: "unschedulable", "creating", "image", "config" or "quota".
        message: What the cluster says of it.
        match: Which pods it means.
        reason: Of the Events of a pod that is being created.
    """

    kind: str
    message: str
    match: Match
    reason: str = ""
    released: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        self.released.set()

    def __enter__(self) -> Hold:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()


class Holds:
    """All holds of a cluster."""

    def __init__(self) -> None:
        self._holds: list[Hold] = []

    def add(self, kind: str, message: str, match: Match, reason: str = "") -> Hold:
        hold = Hold(kind, message, match, reason)
        self._holds.append(hold)
        return hold

    def of(self, pod: dict[str, Any], kind: str) -> Hold | None:
        """What holds a pod back in this way, if anything does."""
        return next((it for it in self._holds if it.kind == kind and not it.released.is_set() and it.match(pod)), None)

    def release_all(self) -> None:
        for hold in self._holds:
            hold.release()
