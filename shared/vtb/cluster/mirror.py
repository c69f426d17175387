"""Objects of a cluster as they are just now: listed once, then kept up to date by a watch."""

from __future__ import annotations

import logging
import threading
from types import TracebackType
from typing import Any

from vtb.cluster.api import Api, Expired
from vtb.errors import TryAgain, VtbError

log = logging.getLogger("vtb.cluster")
AGAIN_S = 1.0


class Mirror:
    """The objects of one kind that a selector finds; ``changed`` is notified whenever they change."""

    def __init__(self, api: Api, kind: str, selector: str, changed: threading.Condition) -> None:
        """Nothing is asked before ``with``."""
        self._api, self._kind, self._selector, self._changed = api, kind, selector, changed
        self._objects: dict[str, dict[str, Any]] = {}
        self._listed, self._stopped = threading.Event(), threading.Event()
        self._error: VtbError | None = None

    def __enter__(self) -> Mirror:
        """Wait for the first list."""
        threading.Thread(target=self._keep, daemon=True).start()
        while not self._listed.wait(1.0):
            self._check()
        self._check()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the watch to end by itself."""
        self._stopped.set()

    def all(self) -> list[dict[str, Any]]:
        """Every object; raises what the watch has met and cannot get over."""
        self._check()
        with self._changed:
            return list(self._objects.values())

    def get(self, name: str) -> dict[str, Any] | None:
        """One object, or None."""
        self._check()
        with self._changed:
            return self._objects.get(name)

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _keep(self) -> None:
        version, quiet = "", True
        while not self._stopped.is_set():
            try:
                version = self._follow(version or self._list())
                quiet = True
            except Expired:
                version = ""
            except TryAgain as error:
                if quiet and not self._stopped.is_set():
                    log.warning("%s; trying again", error)
                quiet, version = False, ""
                self._stopped.wait(AGAIN_S)
            except VtbError as error:
                self._error = error
                self._listed.set()
                with self._changed:
                    self._changed.notify_all()
                return

    def _list(self) -> str:
        found, version = self._api.list(self._kind, self._selector)
        with self._changed:
            self._objects = {entry["metadata"]["name"]: entry for entry in found}
            self._changed.notify_all()
        self._listed.set()
        return version

    def _follow(self, version: str) -> str:
        """Take in changes until the watch ends; the version to go on from."""
        for change, entry in self._api.watch(self._kind, self._selector, version):
            version = entry["metadata"]["resourceVersion"]
            if self._stopped.is_set():
                break
            if change != "BOOKMARK":
                self._take_in(change, entry)
        return version

    def _take_in(self, change: str, entry: dict[str, Any]) -> None:
        with self._changed:
            if change == "DELETED":
                self._objects.pop(entry["metadata"]["name"], None)
            else:
                self._objects[entry["metadata"]["name"]] = entry
            self._changed.notify_all()
