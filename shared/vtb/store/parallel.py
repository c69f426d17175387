"""Threads with a bound on what is in flight."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_THREADS = 32


def each(work: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """Yield the results of a function as they come, in any order, never taking many more items than threads.

    The first error stops it: what is running ends, nothing more is started.
    """
    threads = max(1, min(threads, MAX_THREADS))
    running: set[Future[Result]] = set()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="vtb-store")
    try:
        for item in items:
            running.add(pool.submit(work, item))
            if len(running) >= 2 * threads:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class Helpers:
    """Extra threads for the pieces of one large object, lent from a stock that all objects share.

    The caller's own thread always works, so a stock that is used up slows an object down but never blocks it.
    """

    def __init__(self, stock: int) -> None:
        self._stock = threading.BoundedSemaphore(stock)

    def each(self, work: Callable[[Item], None], items: Iterable[Item], at_most: int) -> None:
        """Do the work for every item, on up to so many threads; the first error is raised when all have stopped."""
        queue = _Queue(work, items)
        helpers: list[threading.Thread] = []
        try:
            while len(helpers) < at_most - 1 and self._stock.acquire(blocking=False):
                helpers.append(threading.Thread(target=queue.drain, name="vtb-store-part", daemon=True))
                helpers[-1].start()
            queue.drain()
        finally:
            queue.stop()
            for helper in helpers:
                helper.join()
                self._stock.release()
        if queue.error is not None:
            raise queue.error


class _Queue:
    """The items that are left, and the first error."""

    def __init__(self, work: Callable[[Item], None], items: Iterable[Item]) -> None:
        self.error: BaseException | None = None
        self._tasks = ((work, item) for item in items)
        self._lock = threading.Lock()
        self._stopped = False

    def drain(self) -> None:
        """Work until nothing is left or something failed."""
        try:
            while not self._stopped:
                with self._lock:
                    task = next(self._tasks, None)
                if task is None:
                    return
                task[0](task[1])
        except BaseException as error:  # noqa: BLE001 -- raised again by the thread that asked for the work
            self.stop()
            self.error = self.error or error

    def stop(self) -> None:
        """Start nothing more."""
        self._stopped = True
