"""What one look at a Job finds: its pods, and what these count for."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from in_memory_kubernetes.indexes import parse_indexes
from in_memory_kubernetes.job_state import FINALIZER
from in_memory_kubernetes.pod_failures import index_failed, index_of, judge, pod_failed
from in_memory_kubernetes.store import FINISHED, Object

if TYPE_CHECKING:
    from in_memory_kubernetes.job_controller import JobController


class JobView:
    """A Job and its pods as they are now, with the names of syncJob.

    Attributes:
        status: A copy of the Job's status, to be changed and written.
        active: The pods that run and are to go on.
        uncounted: The pods that the status does not count yet.
        new_succeeded: Those of them that have succeeded.
        new_failed: Those of them that have failed.
        again: In how many seconds to look again, or None.
        failed: How many pods have failed, those included that the status does not count yet.
        succeeded: How many have succeeded; of an Indexed Job how many indexes.
        done: The indexes that have succeeded.
        lost: The indexes that have failed for good.
    """

    def __init__(self, controller: JobController, job: Object) -> None:
        self.controller = controller
        self.store = controller.store
        self.job = job
        self.spec: dict[str, Any] = job["spec"]
        self.uid: str = job["metadata"]["uid"]
        self.status: dict[str, Any] = copy.deepcopy(job.get("status") or {})
        self.again: float | None = None
        self.made = 0
        self.indexed = self.spec["completionMode"] == "Indexed"
        self.per_index = self.spec.get("backoffLimitPerIndex") is not None
        self._read_pods()
        self._count()

    def _read_pods(self) -> None:
        self.pods = self.controller.pods_of(self.uid)
        running = [pod for pod in self.pods if pod["status"]["phase"] not in FINISHED]
        self.active = [pod for pod in running if "deletionTimestamp" not in pod["metadata"]]
        self.terminating = len(running) - len(self.active)
        self.uncounted = [
            pod
            for pod in self.pods
            if FINALIZER in pod["metadata"].get("finalizers", [])
            and (not self.indexed or 0 <= index_of(pod) < self.spec["completions"])
        ]
        self.new_succeeded = [pod for pod in self.uncounted if pod["status"]["phase"] == "Succeeded"]
        self.new_failed = [pod for pod in self.uncounted if pod_failed(pod, self.job)]
        for pod in self.new_failed:
            self.controller.note_failure(pod)

    def _count(self) -> None:
        counted = [pod for pod in self.new_failed if judge(self.job, pod)[1]]
        self.failed = self.status.get("failed", 0) + len(counted)
        self.succeeded = self.status.get("succeeded", 0) + len(self.new_succeeded)
        self.done = parse_indexes(self.status.get("completedIndexes", ""))
        self.lost = parse_indexes(self.status.get("failedIndexes", ""))
        if self.indexed:
            self.done |= {index_of(pod) for pod in self.new_succeeded}
            self.succeeded = len(self.done)
        if self.per_index:
            self.lost |= {index_of(pod) for pod in self.uncounted if index_failed(self.job, pod)}
        self._note_failures()

    def _note_failures(self) -> None:
        failures, last = self.controller.failures.get(self.uid, (0, 0.0))
        if self.new_succeeded:
            failures = 0
        if self.new_failed and not self.per_index:
            failures += len(self.new_failed)
            last = max(map(self.controller.note_failure, self.new_failed))
        self.controller.failures[self.uid] = (failures, last)

    def look_again(self, seconds: float) -> None:
        """Look at this Job again in so many seconds, or before."""
        self.again = seconds if self.again is None else min(self.again, seconds)
