"""One look at one Job: syncJob of pkg/controller/job."""

from __future__ import annotations

import copy
import time

from in_memory_kubernetes.conditions import condition_is, set_condition
from in_memory_kubernetes.events import record
from in_memory_kubernetes.indexes import write_indexes
from in_memory_kubernetes.job_endings import ending_of
from in_memory_kubernetes.job_pods import SOURCE, JobPods
from in_memory_kubernetes.pod_failures import judge, pod_failed
from in_memory_kubernetes.resources import JOBS, PODS
from in_memory_kubernetes.store import FINISHED, Object, now


class JobSync(JobPods):
    """Does what one look at a Job asks for, with the names of syncJob."""

    def sync(self) -> float | None:
        self._start()
        finish = ending_of(self)
        delayed: set[str] = set()
        if finish:
            self.delete(self.active)
        else:
            delayed = {pod["metadata"]["uid"] for pod in self.waiting_for_replacement().values()}
            if not self.job["metadata"].get("deletionTimestamp"):
                self.manage()
            finish = self._complete()
            if not finish:
                self._say_suspended()
        self._settle(finish, delayed)
        return self.again

    def _start(self) -> None:
        if "startTime" not in self.status and not self.spec["suspend"]:
            self.status["startTime"] = now()
            self.controller.started[self.uid] = time.monotonic()

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
