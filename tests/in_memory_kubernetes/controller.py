"""What all controllers have in common: keys of changed objects in a queue, brought in order one after another."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Hashable, Iterable
from typing import Any

from in_memory_kubernetes.statuses import ApiError
from in_memory_kubernetes.store import Change, Store


class Controller:
    """Calls `sync` for every key that a change concerns, in a thread of its own, and again when `sync` asks for it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._keys: queue.SimpleQueue[Hashable] = queue.SimpleQueue()
        self._due: dict[Hashable, float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name=type(self).__name__, daemon=True)
        store.listeners.append(self._hear)

    def keys(self, change: Change) -> Iterable[Hashable]:
        """The keys that a change concerns."""
        raise NotImplementedError

    def sync(self, key: Any) -> float | None:
        """Bring what the key stands for in order; return after how many seconds to look again, if at all."""
        raise NotImplementedError

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._keys.put(None)
        self._thread.join(10)

    def wake(self, key: Hashable) -> None:
        """Look at a key again."""
        self._keys.put(key)

    def _hear(self, change: Change) -> None:
        for key in self.keys(change):
            self._keys.put(key)

    def _work(self) -> None:
        while not self._ended.is_set():
            for key in self._next():
                try:
                    again = self.sync(key)
                except ApiError:  # something changed meanwhile
                    again = 0.02
                if again is not None:
                    self._due[key] = time.monotonic() + again

    def _next(self) -> set[Hashable]:
        """Wait for keys; several mentions of a key are one."""
        wait = max(0.0, min(self._due.values()) - time.monotonic()) if self._due else None
        keys: set[Hashable] = set()
        try:
            keys.add(self._keys.get(timeout=wait))
            while True:
                keys.add(self._keys.get_nowait())
        except queue.Empty:
            pass
        late = time.monotonic()
        keys |= {key for key, due in self._due.items() if due <= late}
        for key in keys:
            self._due.pop(key, None)
        return keys - {None}
