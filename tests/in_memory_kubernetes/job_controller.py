"""Makes pods for Jobs and says how the Jobs fare: pkg/controller/job of Kubernetes, as far as a launcher sees it."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable
from typing import Any

from in_memory_kubernetes.controller import Controller
from in_memory_kubernetes.job_state import FINALIZER, controller_of, finished
from in_memory_kubernetes.job_sync import JobSync
from in_memory_kubernetes.pods import Pods
from in_memory_kubernetes.resources import JOBS, PODS
from in_memory_kubernetes.store import Change, Object, Store


class JobController(Controller):
    """Looks at one Job at a time, with the store locked; what it remembers here is what objects do not say."""

    def __init__(self, store: Store, pods: Pods, backoff: float, speed: float) -> None:
        super().__init__(store)
        self.pods = pods
        self.backoff = backoff
        self.speed = speed
        self.started: dict[str, float] = {}  # by uid of the Job, since objects know whole seconds only
        self._failed_at: dict[str, float] = {}  # by uid of the pod
        self.failures: dict[str, tuple[int, float]] = {}  # by uid of the Job: since the last success, and when
        self.refused: dict[str, int] = {}  # by uid of the Job: how often in a row

    def keys(self, change: Change) -> Iterable[Hashable]:
        meta = change.after["metadata"]
        if change.resource == JOBS:
            yield meta["uid"]
        elif change.resource == PODS and (owner := controller_of(change.after)):
            yield owner["uid"]

    def sync(self, key: Any) -> float | None:
        with self.store.lock:
            found = self.store.by_uid(key)
            if found is None or finished(found[1]):
                for pod in self.pods_of(key):
                    self.release(pod)
                return None
            return JobSync(self, found[1]).sync()

    def pods_of(self, uid: str) -> list[Object]:
        """The pods of a Job, by name."""
        found = [item for resource, item in self.store.owned_by(uid) if resource == PODS]
        return sorted(found, key=lambda pod: str(pod["metadata"]["name"]))

    def release(self, pod: Object) -> None:
        """Take the Job's finalizer off a pod."""

        def edit(item: Object) -> None:
            left = [it for it in item["metadata"].get("finalizers", []) if it != FINALIZER]
            item["metadata"]["finalizers"] = left
            if not left:
                del item["metadata"]["finalizers"]

        if FINALIZER in pod["metadata"].get("finalizers", []):
            self.store.update(PODS, pod["metadata"]["namespace"], pod["metadata"]["name"], edit)

    def note_failure(self, pod: Object) -> float:
        """When a failed pod was seen first."""
        return self._failed_at.setdefault(pod["metadata"]["uid"], time.monotonic())

    def wait_after(self, failures: int, last: float) -> float:
        """Seconds until the next try: the back-off doubles with each failure, to 60 times the first."""
        wait = min(self.backoff * 2 ** min(failures - 1, 10), 60 * self.backoff) if failures else 0
        return max(0.0, last + wait - time.monotonic())
