"""The pods of a Job: as many as are wanted, made anew and deleted."""

from __future__ import annotations

from collections.abc import Iterable

from in_memory_kubernetes.events import record
from in_memory_kubernetes.job_state import FINALIZER
from in_memory_kubernetes.job_view import JobView
from in_memory_kubernetes.pod_failures import FAILURES, IGNORED, count, counts_of_next, index_of
from in_memory_kubernetes.pods import PodRefused, job_pod
from in_memory_kubernetes.resources import JOBS, PODS
from in_memory_kubernetes.store import FINISHED, Object

SOURCE = "job-controller"


class JobPods(JobView):
    """Makes and deletes the pods of a Job."""

    def manage(self) -> None:
        """Have as many pods as are wanted."""
        if self.spec["suspend"]:
            self.delete(self.active, counted=False)
            return
        completions, parallelism = self.spec.get("completions"), self.spec["parallelism"]
        if completions is None:
            wanted = len(self.active) if self.succeeded else parallelism
        else:
            wanted = max(0, min(completions - self.succeeded, parallelism))
        if len(self.active) > wanted:
            spare = sorted(self.active, key=lambda pod: pod["status"]["phase"] == "Running")
            self.delete(spare[: len(self.active) - wanted], counted=False)
            return
        only_failed = self.spec.get("podReplacementPolicy") == "Failed" or self.spec.get("podFailurePolicy")
        missing = wanted - len(self.active) - (self.terminating if only_failed else 0)
        if missing > 0:
            self._create(missing, bool(only_failed))

    def _create(self, missing: int, only_failed: bool) -> None:
        if not self.per_index and (wait := self.controller.wait_after(*self.controller.failures[self.uid])):
            self.look_again(wait)
            return
        indexes: list[int | None] = [None] * missing
        replaced = self.waiting_for_replacement()
        if self.indexed:
            indexes = list(self._pending_indexes(missing, only_failed))
        if self.per_index:
            waits = {index: self._wait_of(replaced.get(index)) for index in indexes}  # type: ignore[arg-type]
            indexes = [index for index in indexes if not waits[index]]
            if rest := [wait for wait in waits.values() if wait]:
                self.look_again(min(rest))
        batch = 1  # slow start: one, two, four..., so that what is refused is not asked a thousand times
        while indexes:
            now_, indexes = indexes[:batch], indexes[batch:]
            made = [self._create_one(index, replaced) for index in now_]
            if not all(made):
                times = self.controller.refused[self.uid] = self.controller.refused.get(self.uid, 0) + 1
                self.look_again(min(self.controller.backoff * 2 ** min(times, 6), 2))
                return
            batch *= 2
        self.controller.refused.pop(self.uid, None)

    def _create_one(self, index: int | None, replaced: dict[int, Object]) -> bool:
        extra = counts_of_next(self.job, replaced.get(index)) if self.per_index and index is not None else {}
        try:
            pod = self.controller.pods.create(job_pod(self.job, index, extra, FINALIZER))
        except PodRefused as error:
            record(self.store, JOBS, self.job, "Warning", "FailedCreate", f"Error creating: {error}", SOURCE)
            return False
        self.made += 1
        said = f"Created pod: {pod['metadata']['name']}"
        record(self.store, JOBS, self.job, "Normal", "SuccessfulCreate", said, SOURCE)
        return True

    def _pending_indexes(self, most: int, only_failed: bool) -> Iterable[int]:
        taken = self.done | self.lost | {index_of(pod) for pod in self.active}
        if only_failed:
            taken |= {index_of(pod) for pod in self.pods if pod["status"]["phase"] not in FINISHED}
        free = (index for index in range(self.spec["completions"]) if index not in taken)
        return [index for _, index in zip(range(most), free, strict=False)]

    def waiting_for_replacement(self) -> dict[int, Object]:
        """By index, the failed pod whose counters the next pod takes over; it is kept until then."""
        found: dict[int, Object] = {}
        if self.per_index:
            settled = self.done | self.lost | {index_of(pod) for pod in self.active}
            for pod in sorted(self.new_failed, key=lambda pod: count(pod, FAILURES) + count(pod, IGNORED)):
                if index_of(pod) not in settled:
                    found[index_of(pod)] = pod
        return found

    def _wait_of(self, replaced: Object | None) -> float:
        if replaced is None:
            return 0
        failures = count(replaced, FAILURES) + count(replaced, IGNORED) + 1
        return self.controller.wait_after(failures, self.controller.note_failure(replaced))

    def delete(self, pods: list[Object], counted: bool = True) -> None:
        """Delete pods; the status never counts those that are spare."""
        for pod in pods:
            meta = pod["metadata"]
            if not counted:
                self.controller.release(pod)
            self.store.delete(PODS, meta["namespace"], meta["name"])
            record(self.store, JOBS, self.job, "Normal", "SuccessfulDelete", f"Deleted pod: {meta['name']}", SOURCE)
            self.terminating += bool(self.store.find(PODS, meta["namespace"], meta["name"]))
        gone = [pod["metadata"]["uid"] for pod in pods]
        self.active = [pod for pod in self.active if pod["metadata"]["uid"] not in gone]
