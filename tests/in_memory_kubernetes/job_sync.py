"""One look at one Job: syncJob of pkg/controller/job."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from in_memory_kubernetes.conditions import condition_is, set_condition
from in_memory_kubernetes.events import record
from in_memory_kubernetes.indexes import parse_indexes, write_indexes
from in_memory_kubernetes.job_state import FINALIZER
from in_memory_kubernetes.pod_failures import (
    FAILURES,
    IGNORED,
    count,
    counts_of_next,
    index_failed,
    index_of,
    judge,
    pod_failed,
)
from in_memory_kubernetes.pods import PodRefused, job_pod
from in_memory_kubernetes.resources import JOBS, PODS
from in_memory_kubernetes.store import FINISHED, Object, now

if TYPE_CHECKING:
    from in_memory_kubernetes.job_controller import JobController

SOURCE = "job-controller"


class JobSync:
    """One look at one Job, with the names of syncJob."""

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

    def sync(self) -> float | None:
        self._start()
        self._count()
        finish = self._finish()
        delayed: set[str] = set()
        if finish:
            self._delete(self.active)
        else:
            delayed = {pod["metadata"]["uid"] for pod in self._waiting_for_replacement().values()}
            if not self.job["metadata"].get("deletionTimestamp"):
                self._manage()
            finish = self._complete()
            if not finish:
                self._say_suspended()
        self._settle(finish, delayed)
        return self.again

    def _start(self) -> None:
        if "startTime" not in self.status and not self.spec["suspend"]:
            self.status["startTime"] = now()
            self.controller.started[self.uid] = time.monotonic()

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

    def _finish(self) -> dict[str, str] | None:
        """The condition that ends the Job, if it has one already or has come to one."""
        for type_ in ("SuccessCriteriaMet", "FailureTarget"):
            for condition in self.status.get("conditions", []):
                if condition["type"] == type_ and condition["status"] == "True":
                    return {"type": type_, "reason": condition["reason"], "message": condition["message"]}
        for pod in self.pods:
            if pod_failed(pod, self.job) and (said := judge(self.job, pod)[2]):
                return _failure("PodFailurePolicy", said)
        if self.failed > self.spec["backoffLimit"] or self._restarts_exceeded():
            return _failure("BackoffLimitExceeded", "Job has reached the specified backoff limit")
        if self._past_deadline():
            return _failure("DeadlineExceeded", "Job was active longer than specified deadline")
        if self.per_index:
            most = self.spec.get("maxFailedIndexes")
            if most is not None and len(self.lost) > most:
                said = "Job has exceeded the specified maximal number of failed indexes"
                return _failure("MaxFailedIndexesExceeded", said)
            if self.lost and len(self.lost) + len(self.done) >= self.spec["completions"]:
                return _failure("FailedIndexes", "Job has failed indexes")
        return None

    def _restarts_exceeded(self) -> bool:
        if self.spec["template"]["spec"]["restartPolicy"] != "OnFailure":
            return False
        statuses = [it for pod in self.active for it in pod["status"].get("containerStatuses", [])]
        restarts: int = sum(it["restartCount"] for it in statuses)
        return restarts >= max(1, int(self.spec["backoffLimit"]))

    def _past_deadline(self) -> bool:
        deadline = self.spec.get("activeDeadlineSeconds")
        if deadline is None or self.spec["suspend"]:
            return False
        left: float = self.controller.started[self.uid] + deadline / self.controller.speed - time.monotonic()
        if left > 0:
            self._look_again(left)
        return left <= 0

    def _manage(self) -> None:
        """Have as many pods as are wanted."""
        if self.spec["suspend"]:
            self._delete(self.active, counted=False)
            return
        completions, parallelism = self.spec.get("completions"), self.spec["parallelism"]
        if completions is None:
            wanted = len(self.active) if self.succeeded else parallelism
        else:
            wanted = max(0, min(completions - self.succeeded, parallelism))
        if len(self.active) > wanted:
            spare = sorted(self.active, key=lambda pod: pod["status"]["phase"] == "Running")
            self._delete(spare[: len(self.active) - wanted], counted=False)
            return
        only_failed = self.spec.get("podReplacementPolicy") == "Failed" or self.spec.get("podFailurePolicy")
        missing = wanted - len(self.active) - (self.terminating if only_failed else 0)
        if missing > 0:
            self._create(missing, bool(only_failed))

    def _create(self, missing: int, only_failed: bool) -> None:
        if not self.per_index and (wait := self.controller.wait_after(*self.controller.failures[self.uid])):
            self._look_again(wait)
            return
        indexes: list[int | None] = [None] * missing
        replaced = self._waiting_for_replacement()
        if self.indexed:
            indexes = list(self._pending_indexes(missing, only_failed))
        if self.per_index:
            waits = {index: self._wait_of(replaced.get(index)) for index in indexes}  # type: ignore[arg-type]
            indexes = [index for index in indexes if not waits[index]]
            if rest := [wait for wait in waits.values() if wait]:
                self._look_again(min(rest))
        batch = 1  # slow start: one, two, four..., so that what is refused is not asked a thousand times
        while indexes:
            now_, indexes = indexes[:batch], indexes[batch:]
            made = [self._create_one(index, replaced) for index in now_]
            if not all(made):
                times = self.controller.refused[self.uid] = self.controller.refused.get(self.uid, 0) + 1
                self._look_again(min(self.controller.backoff * 2 ** min(times, 6), 2))
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

    def _waiting_for_replacement(self) -> dict[int, Object]:
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

    def _complete(self) -> dict[str, str] | None:
        completions, active = self.spec.get("completions"), len(self.active) + self.made
        enough = self.succeeded > 0 if completions is None else self.succeeded >= completions
        if not enough or active:
            return None
        said = "Reached expected number of succeeded pods"
        return {"type": "SuccessCriteriaMet", "reason": "CompletionsReached", "message": said}

    def _say_suspended(self) -> None:
        suspended = self.spec["suspend"]
        known = any(it["type"] == "Suspended" for it in self.status.get("conditions", []))
        if suspended == condition_is(self.status, "Suspended") or (not suspended and not known):
            return
        reason, said = ("JobSuspended", "Job suspended") if suspended else ("JobResumed", "Job resumed")
        set_condition(self.status, "Suspended", suspended, reason, said, probe=True)
        record(self.store, JOBS, self.job, "Normal", reason.removeprefix("Job"), said, SOURCE)
        self.status.pop("startTime", None)
        if not suspended:
            self._start()

    def _delete(self, pods: list[Object], counted: bool = True) -> None:
        for pod in pods:
            meta = pod["metadata"]
            if not counted:
                self.controller.release(pod)
            self.store.delete(PODS, meta["namespace"], meta["name"])
            record(self.store, JOBS, self.job, "Normal", "SuccessfulDelete", f"Deleted pod: {meta['name']}", SOURCE)
            self.terminating += bool(self.store.find(PODS, meta["namespace"], meta["name"]))
        gone = [pod["metadata"]["uid"] for pod in pods]
        self.active = [pod for pod in self.active if pod["metadata"]["uid"] not in gone]

    def _settle(self, finish: dict[str, str] | None, delayed: set[str]) -> None:
        """Count what has ended, let go of its pods, and write the status."""
        success = finish is not None and finish["type"] == "SuccessCriteriaMet"
        counted = 0
        settled = []
        for pod in self.uncounted:
            failed = pod_failed(pod, self.job)
            succeeded = pod["status"]["phase"] == "Succeeded"
            if not (finish or succeeded or (failed and pod["metadata"]["uid"] not in delayed)):
                continue
            settled.append(pod)
            if not succeeded and (failed or not success):
                counted += judge(self.job, pod)[1]
        self._write_counts(counted, len([pod for pod in settled if pod["status"]["phase"] == "Succeeded"]))
        if finish:
            set_condition(self.status, finish["type"], True, finish["reason"], finish["message"], probe=True)
        self._write()
        for pod in settled:
            if self.store.find(PODS, pod["metadata"]["namespace"], pod["metadata"]["name"]):
                self.controller.release(pod)
        if finish and not self._still_ending():
            self._end(success, finish)

    def _write_counts(self, failed: int, succeeded: int) -> None:
        ready = len([pod for pod in self.active if condition_is(pod["status"], "Ready")])
        self.status.update(ready=ready, terminating=self.terminating, uncountedTerminatedPods={})
        self.status["active"] = len(self.active) + self.made
        self.status["failed"] = self.status.get("failed", 0) + failed
        self.status["succeeded"] = self.status.get("succeeded", 0) + succeeded
        if self.indexed:
            self.status["succeeded"] = len(self.done)
            self.status["completedIndexes"] = write_indexes(self.done)
        for name in ("active", "failed", "succeeded", "completedIndexes"):
            if not self.status.get(name):  # as Kubernetes leaves them out
                self.status.pop(name, None)
        if self.per_index:
            self.status["failedIndexes"] = write_indexes(self.lost)

    def _still_ending(self) -> bool:
        return any(pod["status"]["phase"] not in FINISHED for pod in self.controller.pods_of(self.uid))

    def _end(self, success: bool, finish: dict[str, str]) -> None:
        set_condition(
            self.status, "Complete" if success else "Failed", True, finish["reason"], finish["message"], probe=True
        )
        self.status["terminating"] = 0
        if success:
            self.status["completionTime"] = now()
        self._write()
        kind, reason, said = (
            ("Normal", "Completed", "Job completed") if success else ("Warning", finish["reason"], finish["message"])
        )
        record(self.store, JOBS, self.job, kind, reason, said, SOURCE)

    def _write(self) -> None:
        def edit(item: Object) -> None:
            item["status"] = copy.deepcopy(self.status)

        meta = self.job["metadata"]
        self.store.update(JOBS, meta["namespace"], meta["name"], edit)

    def _look_again(self, seconds: float) -> None:
        self.again = seconds if self.again is None else min(self.again, seconds)


def _failure(reason: str, message: str) -> dict[str, str]:
    return {"type": "FailureTarget", "reason": reason, "message": message}
