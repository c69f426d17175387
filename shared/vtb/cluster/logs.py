"""Logs of pods, followed side by side, each line with the name of the step before it."""

from __future__ import annotations

import logging
import queue
import sys
import threading
from collections.abc import Callable, Iterator

from vtb.cluster.api import Api, Missing
from vtb.errors import BadInput, TryAgain, VtbError

log = logging.getLogger("vtb.run")
AT_A_TIME = 10
READ_S = 3600.0
AGAIN_S = 1.0


class Logs:
    """Follows the log of every pod that it is told of, once; more than ten wait for their turn."""

    def __init__(self, api: Api) -> None:
        """Nothing is followed yet."""
        self._api, self._known, self._stopped = api, set[str](), threading.Event()
        self._waiting: queue.Queue[tuple[str, str]] = queue.Queue()

    def follow(self, pod: str, label: str) -> None:
        """Print the lines of a pod from now until it ends."""
        if pod not in self._known:
            self._known.add(pod)
            self._waiting.put((pod, label))
            if len(self._known) <= AT_A_TIME:  # not a pool of the library: that keeps the program from ending
                threading.Thread(target=self._work, daemon=True).start()

    def close(self, wait: bool) -> None:
        """Let the logs that are known end, or leave them."""
        if wait:
            self._waiting.join()
        self._stopped.set()

    def _work(self) -> None:
        while not self._stopped.is_set():
            try:
                pod, label = self._waiting.get(timeout=1.0)
            except queue.Empty:
                continue
            try:
                self._print(pod, label)
            finally:
                self._waiting.task_done()

    def _print(self, pod: str, label: str) -> None:
        try:
            for line in follow(self._api, pod, self._stopped.is_set):
                sys.stdout.write(f"[{label}] {line}\n")
                sys.stdout.flush()
        except VtbError as error:  # it is not allowed to, for one; the step goes on
            log.warning("%s: its log cannot be followed: %s", label, error)


def follow(api: Api, pod: str, stopped: Callable[[], bool], *, go_on: bool = True) -> Iterator[str]:
    """The lines of a pod's log, until it ends where that is asked for; a broken connection goes on where it broke."""
    since, seen = "", set[bytes]()
    while not stopped():
        query = {"follow": "true" if go_on else "", "timestamps": "true", "sinceTime": since}
        try:
            for line in api.lines("Pod", f"{pod}/log", query, READ_S):
                if stopped():
                    return
                if line in seen:
                    continue
                stamp, _, text = line.decode(errors="replace").partition(" ")
                if stamp[:19] != since[:19]:
                    seen.clear()  # the API goes back to the start of a second
                since = stamp[:19] + "Z"
                seen.add(line)
                yield text
            if not go_on or _has_ended(api, pod):  # or else the API server has, and is back soon
                return
        except (Missing, BadInput):  # it is gone, or has not started after all
            return
        except TryAgain:
            threading.Event().wait(AGAIN_S)


def _has_ended(api: Api, pod: str) -> bool:
    return api.get("Pod", pod).get("status", {}).get("phase") in ("Succeeded", "Failed")


def last_lines(api: Api, pod: str, count: int) -> list[str]:
    """The last lines of a pod's log, as far as it still has one."""
    try:
        return [line.decode(errors="replace") for line in api.lines("Pod", f"{pod}/log", {"tailLines": str(count)}, 30)]
    except (Missing, BadInput, TryAgain):
        return []
