"""How many requests may be sent."""

from __future__ import annotations

import threading

from vtb.errors import NotAvailable, UsageProblem

GO_ON = "run the same command again to go on with what is missing"


def check_budget(most: int | None, videos: int, videos_per_shard: int, reasks: int) -> None:
    """Refuse a budget that some shard may not be covered by, before anything is sent.

    Args:
        most: requests that may be sent; None where there is no end.
        videos: all that may be asked about.
        videos_per_shard: so many at most are in one shard.
        reasks: how often a video may be asked about again.

    Raises:
        UsageProblem: a shard may take more.
    """
    each = 1 + reasks
    needed = min(videos, videos_per_shard) * each
    if most is None or most >= needed:
        return
    fits = most // each
    way = f"or take --videos-per-shard {fits}" if fits else f"one video may take {each}: lower --reasks, too"
    raise UsageProblem(
        f"--max-requests {most}: a shard may take {needed}, and none is begun by halves: raise it, {way}"
    )


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
