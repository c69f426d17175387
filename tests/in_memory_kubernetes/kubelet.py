"""Runs pods: gives each a thread that takes it from Pending to its end."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from in_memory_kubernetes.container_log import ContainerLog
from in_memory_kubernetes.controller import Controller
from in_memory_kubernetes.holds import Holds
from in_memory_kubernetes.pod_run import PodRun
from in_memory_kubernetes.resources import PODS
from in_memory_kubernetes.store import FINISHED, Change, Object, Store

Program = Callable[[dict[str, Any], ContainerLog], int]


class Kubelet(Controller):
    """Starts a `PodRun` for each new pod, and tells it when its pod is to end.

    Attributes:
        program: What containers do.
        pod_runs: How often containers were started, by pod name.
    """

    def __init__(self, store: Store, holds: Holds, program: Program, backoff: float, speed: float) -> None:
        super().__init__(store)
        self.holds = holds
        self.program = program
        self.backoff = backoff
        self.speed = speed
        self.pod_runs: Counter[str] = Counter()
        self._runs: dict[str, PodRun] = {}
        self._lock = threading.Lock()
        self._stopped = False

    def keys(self, change: Change) -> Iterable[Hashable]:
        if change.resource == PODS:
            meta = change.after["metadata"]
            yield meta["namespace"], meta["name"], meta["uid"]

    def sync(self, key: Any) -> float | None:
        namespace, name, uid = key
        pod = self.store.find(PODS, namespace, name)
        with self._lock:
            run = self._runs.get(uid)
            if pod is None or pod["metadata"]["uid"] != uid:
                if run := self._runs.pop(uid, None):
                    run.stop(0)
            elif run is None and pod["status"]["phase"] not in FINISHED and not self._stopped:
                run = self._runs[uid] = PodRun(self, pod)
                run.start()
            if run and pod and "deletionTimestamp" in pod["metadata"]:
                run.stop(pod["metadata"].get("deletionGracePeriodSeconds", 0))
        return None

    def run_of(self, pod: Object) -> PodRun | None:
        with self._lock:
            return self._runs.get(pod["metadata"]["uid"])

    def log_of(self, pod: Object, container: str) -> ContainerLog | None:
        """The output of the newest start of a container."""
        run = self.run_of(pod)
        return run.logs.get(container) if run else None

    def stop(self) -> None:
        super().stop()
        with self._lock:
            self._stopped = True
            runs = list(self._runs.values())
        for run in runs:
            run.stop(0)
        for run in runs:
            run.join(10)
