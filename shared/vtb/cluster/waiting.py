"""Why a step does nothing: what its pods wait for, told by their status or else by the newest event about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from vtb.cluster.api import Api
from vtb.cluster.state import condition_of, has_log, is_over, one_line, pending_reason
from vtb.errors import NotAvailable

WORTH_TELLING = ("Pulling",)  # of what is no warning: a large image takes minutes
NOT_SCHEDULED = "FailedScheduling"  # of a pod that has a node by now
JOB_UID, JOBSET_NAME = "batch.kubernetes.io/controller-uid", "jobset.sigs.k8s.io/jobset-name"
MOST_PODS = 3  # whose events are asked for: the others of a step wait for the same


def pods_of(made: dict[str, Any], pods: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The pods of an object: of a Job by its uid, since those of an earlier one of its name may still be going.

    Of a JobSet or a TrainJob by name: the JobSet that a TrainJob becomes has its name, and a uid of its own.
    """
    meta = made["metadata"]
    label, value = (JOB_UID, meta["uid"]) if made["kind"] == "Job" else (JOBSET_NAME, meta["name"])
    for pod in pods:
        if (pod["metadata"].get("labels") or {}).get(label) == value:
            yield pod


def is_waiting(pod: dict[str, Any]) -> bool:
    """Whether its container has not started, and may yet."""
    return not has_log(pod) and not is_over(pod)


def reasons(api: Api, made: dict[str, Any], pods: list[dict[str, Any]]) -> list[str]:
    """Why the pods of an object wait that has not ended, or why it has none; none where nothing is known.

    Args:
        api: is asked for events, where the pods themselves do not tell.
        made: the Job, JobSet or TrainJob.
        pods: those of its pods that wait, or none when it has no pods at all.
    """
    if pods:
        known = {reason for pod in pods if (reason := pending_reason(pod))}
        silent = [pod for pod in pods if not pending_reason(pod)][:MOST_PODS]
        return sorted(known | {told for pod in silent if (told := _newest_event(api, "Pod", pod))})
    if made["spec"].get("suspend"):
        return ["its queue has not admitted it yet"]
    told = _newest_event(api, made["kind"], made)
    return [told] if told else []


def _newest_event(api: Api, kind: str, about: dict[str, Any]) -> str:
    """What was last told of an object, where that is a reason to wait."""
    fields = f"involvedObject.kind={kind},involvedObject.name={about['metadata']['name']}"
    scheduled = condition_of(about, "PodScheduled")
    is_past = NOT_SCHEDULED if scheduled is not None and scheduled["status"] == "True" else None
    try:
        events = [event for event in api.list("Event", fields=fields)[0] if event.get("reason") != is_past]
        newest = max(events, key=_when, default={})
    except NotAvailable as error:  # it goes on without our knowing why it does not yet
        return f"no reason is known, since {error}"
    if newest.get("type") != "Warning" and newest.get("reason") not in WORTH_TELLING:
        return ""
    return f"{newest['reason']}: {one_line(newest.get('message'))}"


def _when(event: dict[str, Any]) -> tuple[str, bool]:
    """The time of an event, in whole seconds; of two in one second the warning is the later one."""
    series = (event.get("series") or {}).get("lastObservedTime")
    when = series or event.get("lastTimestamp") or event.get("eventTime") or ""
    return when[:19], event.get("type") == "Warning"
