"""When a Job ends before its pods have done their work."""

from __future__ import annotations

import time

from in_memory_kubernetes.job_view import JobView
from in_memory_kubernetes.pod_failures import judge, pod_failed


def ending_of(view: JobView) -> dict[str, str] | None:
    """The condition that ends the Job, if it has one already or has come to one."""
    for type_ in ("SuccessCriteriaMet", "FailureTarget"):
        for condition in view.status.get("conditions", []):
            if condition["type"] == type_ and condition["status"] == "True":
                return {"type": type_, "reason": condition["reason"], "message": condition["message"]}
    for pod in view.pods:
        if pod_failed(pod, view.job) and (said := judge(view.job, pod)[2]):
            return _failure("PodFailurePolicy", said)
    if view.failed > view.spec["backoffLimit"] or _restarts_exceeded(view):
        return _failure("BackoffLimitExceeded", "Job has reached the specified backoff limit")
    if _past_deadline(view):
        return _failure("DeadlineExceeded", "Job was active longer than specified deadline")
    if view.per_index:
        most = view.spec.get("maxFailedIndexes")
        if most is not None and len(view.lost) > most:
            said = "Job has exceeded the specified maximal number of failed indexes"
            return _failure("MaxFailedIndexesExceeded", said)
        if view.lost and len(view.lost) + len(view.done) >= view.spec["completions"]:
            return _failure("FailedIndexes", "Job has failed indexes")
    return None


def _restarts_exceeded(view: JobView) -> bool:
    if view.spec["template"]["spec"]["restartPolicy"] != "OnFailure":
        return False
    statuses = [it for pod in view.active for it in pod["status"].get("containerStatuses", [])]
    restarts: int = sum(it["restartCount"] for it in statuses)
    return restarts >= max(1, int(view.spec["backoffLimit"]))


def _past_deadline(view: JobView) -> bool:
    deadline = view.spec.get("activeDeadlineSeconds")
    if deadline is None or view.spec["suspend"]:
        return False
    left: float = view.controller.started[view.uid] + deadline / view.controller.speed - time.monotonic()
    if left > 0:
        view.look_again(left)
    return left <= 0


def _failure(reason: str, message: str) -> dict[str, str]:
    return {"type": "FailureTarget", "reason": reason, "message": message}
