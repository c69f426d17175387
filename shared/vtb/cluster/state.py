"""What an object of the cluster says of the step that it runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from vtb.cluster.job import FINAL
from vtb.cluster.names import STEP
from vtb.cluster.pod import CONTAINER
from vtb.errors import NotAvailable, TryAgain

INDEX = "batch.kubernetes.io/job-completion-index"
FAILURES_BEFORE = "batch.kubernetes.io/job-index-failure-count"
# Of a Job, a JobSet, a TrainJob.
SUCCEEDED, FAILED = ("Complete", "Completed"), ("Failed",)
# Of a container that waits for something that does not come by itself.
STUCK = {
    "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError",
    "CreateContainerError", "RunContainerError",
}  # fmt: skip


def condition(made: dict[str, Any], kinds: Sequence[str]) -> dict[str, Any] | None:
    """The condition of one of the kinds that holds."""
    found = made.get("status", {}).get("conditions") or []
    return next((entry for entry in found if entry["type"] in kinds and entry["status"] == "True"), None)


def is_done(made: dict[str, Any]) -> bool:
    """Whether it has ended well."""
    return condition(made, SUCCEEDED) is not None


def is_failed(made: dict[str, Any]) -> bool:
    """Whether it has ended badly."""
    return condition(made, FAILED) is not None


def is_ended(made: dict[str, Any]) -> bool:
    """Whether it has ended."""
    return is_done(made) or is_failed(made)


@dataclass(frozen=True)
class Failure:
    """Why a step failed: the exit code that a launcher passes on, the reason, and the pod whose log tells more."""

    code: int
    reason: str
    pod: str | None


def failure(made: dict[str, Any], pods: Iterable[dict[str, Any]]) -> Failure:
    """The exit code of what ended a step; that of the pod which failed for good before one that may be tried again."""
    said = condition(made, FAILED) or {}
    ended = [(pod, end) for pod in pods if (end := _end(pod)) is not None and end["exitCode"] != 0]
    ended.sort(key=lambda entry: (entry[1]["exitCode"] in FINAL, entry[1].get("finishedAt") or ""))
    reason = said.get("message") or said.get("reason") or "no reason given"
    if said.get("reason") == "DeadlineExceeded":
        return Failure(TryAgain.exit_code, "it took longer than activeDeadlineSeconds", None)
    if not ended:
        return Failure(TryAgain.exit_code, reason, None)
    pod, end = ended[-1]
    if end.get("reason") == "OOMKilled":
        reason = "a container needed more memory than it may have: raise memory for the stage in the site file"
        return Failure(NotAvailable.exit_code, reason, pod["metadata"]["name"])
    return Failure(end["exitCode"], _last_line(end) or reason, pod["metadata"]["name"])


@dataclass(frozen=True)
class BadEnd:
    """How the pod of one try ended.

    Attributes:
        reason: in words.
        final: whether its exit code ends the step, however many tries are left.
        disrupted: whether the cluster took it away, which is nobody's fault.
    """

    reason: str
    final: bool
    disrupted: bool


def ended_badly(pod: dict[str, Any]) -> BadEnd | None:
    """How a pod failed, if it has."""
    if pod.get("status", {}).get("phase") != "Failed":
        return None
    disruption = condition_of(pod, "DisruptionTarget")
    if disruption is not None and disruption["status"] == "True":
        why = f"{disruption.get('reason')}: {one_line(disruption.get('message'))}"
        return BadEnd(f"its pod was taken away: {why}", False, True)
    end = _end(pod)
    if end is None or end["exitCode"] == 0:
        return BadEnd(
            f"no exit code: {one_line(pod['status'].get('message') or pod['status'].get('reason'))}", False, False
        )
    killed = f" ({end['reason']})" if end.get("reason") not in (None, "Error") else ""
    said = f": {line}" if (line := _last_line(end)) else ""
    return BadEnd(f"exit code {end['exitCode']}{killed}{said}", end["exitCode"] in FINAL, False)


def try_number(made: dict[str, Any], pod: dict[str, Any], before: int) -> tuple[int, int]:
    """Which of how many tries a pod that failed was: of its index, or of the whole where indexes share the tries.

    Args:
        made: the Job or JobSet.
        pod: the pod that failed.
        before: how many others of the object have failed before.
    """
    spec = made["spec"]
    if "backoffLimitPerIndex" in spec:
        of_index = (pod["metadata"].get("annotations") or {}).get(FAILURES_BEFORE, "0")
        return int(of_index) + 1, int(spec["backoffLimitPerIndex"]) + 1
    if "failurePolicy" in spec:  # of a JobSet, which takes the pods of a try away
        return int(made.get("status", {}).get("restarts") or 0) + 1, int(spec["failurePolicy"]["maxRestarts"]) + 1
    return before + 1, int(spec.get("backoffLimit", 0)) + 1


def _last_line(end: dict[str, Any]) -> str:
    lines = (end.get("message") or "").strip().splitlines()
    return lines[-1].strip()[:500] if lines else ""


def _end(pod: dict[str, Any]) -> dict[str, Any] | None:
    status = _container(pod)
    ended: dict[str, Any] | None = status.get("state", {}).get("terminated")
    return ended


def _container(pod: dict[str, Any]) -> dict[str, Any]:
    found = pod.get("status", {}).get("containerStatuses") or [{}]
    named: dict[str, Any] = next((entry for entry in found if entry.get("name") == CONTAINER), found[0])
    return named


def has_log(pod: dict[str, Any]) -> bool:
    """Whether the container has started, so that there is a log to follow."""
    return bool({"running", "terminated"} & set(_container(pod).get("state", {})))


def is_over(pod: dict[str, Any]) -> bool:
    """Whether a pod has ended for good."""
    return pod.get("status", {}).get("phase") in ("Succeeded", "Failed")


def label(pod: dict[str, Any]) -> str:
    """What stands before the lines of a pod: its step, and its index where it is one of several."""
    meta = pod["metadata"]
    step = meta.get("labels", {}).get(STEP, meta["name"])
    index = (meta.get("annotations") or {}).get(INDEX)
    return step if index is None else f"{step}/{index}"


def pending_reason(pod: dict[str, Any]) -> str | None:
    """Why a pod has not started, in one line, where that is known."""
    waiting = _container(pod).get("state", {}).get("waiting", {})
    if waiting.get("reason") in STUCK:
        return f"{waiting['reason']}: {one_line(waiting.get('message'))}"
    scheduled = condition_of(pod, "PodScheduled")
    if scheduled is not None and scheduled["status"] == "False":
        return f"{scheduled.get('reason')}: {one_line(scheduled.get('message'))}"
    return None


def condition_of(pod: dict[str, Any], kind: str) -> dict[str, Any] | None:
    """A condition of a pod, whether it holds or not."""
    found = pod.get("status", {}).get("conditions") or []
    return next((entry for entry in found if entry["type"] == kind), None)


def one_line(text: str | None) -> str:
    """What the cluster says, fit for a log."""
    return " ".join((text or "no reason given").split())[:300]


def parts_done(made: dict[str, Any]) -> tuple[int, int, int]:
    """Of a Job: parts that are done, running, and all."""
    status, spec = made.get("status", {}), made["spec"]
    return int(status.get("succeeded") or 0), int(status.get("active") or 0), int(spec.get("completions") or 1)


def age_s(made: dict[str, Any]) -> float:
    """Seconds since it was made."""
    made_at = datetime.strptime(made["metadata"]["creationTimestamp"], "%Y-%m-%dT%H:%M:%SZ")
    return (datetime.now(timezone.utc) - made_at.replace(tzinfo=timezone.utc)).total_seconds()
