"""How many requests may be sent."""

from __future__ import annotations

import threading

from vtb.errors import NotAvailable

GO_ON = "run the same command again to go on with what is missing"


class Budget:
    """Counts requests, and forbids those above the most there may be; several threads spend from it."""

    def __init__(self, most: int | None) -> None:
        """``most`` is None where there is no end."""
        self._most, self._lock = most, threading.Lock()
        self.spent = 0

    def spend(self) -> None:
        """One request is about to be sent.

        Raises:
            NotAvailable: it would be one too many.
        """
        with self._lock:
            if self._most is not None and self.spent >= self._most:
                raise NotAvailable(f"all {self._most} requests of --max-requests are used up: {GO_ON}")
            self.spent += 1

    def check(self, needed: int) -> None:
        """Stop between two shards, where nothing that was paid for is lost.

        Args:
            needed: requests that the next shard takes if every answer has to be asked for again.

        Raises:
            NotAvailable: so many are not left.
        """
        if self._most is None or self.spent + needed <= self._most:
            return
        left = self._most - self.spent
        advice = GO_ON if self.spent else "raise it, or lower --videos-per-shard or --reasks"
        raise NotAvailable(
            f"{left} of the {self._most} requests of --max-requests are left, and the next shard may take {needed}: "
            f"{advice}"
        )
