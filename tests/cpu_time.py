"""What a call costs the thread that makes it, whatever else the machine and the process do meanwhile."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable


def costs_at_most(limit: float, call: Callable[[], object]) -> bool:
    """Whether one of three calls takes no more CPU seconds than `limit`.

    The collector of garbage, which has the heap of all tests before to go through, does not run meanwhile. What grows
    faster than its input does so in all three.
    """
    return any(_seconds(call) <= limit for _ in range(3))


def _seconds(call: Callable[[], object]) -> float:
    gc.collect(0)
    gc.disable()
    try:
        started = time.thread_time()
        call()
        return time.thread_time() - started
    finally:
        gc.enable()
