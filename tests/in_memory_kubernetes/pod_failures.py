"""What a failed pod means to its Job: podFailurePolicy and the counters of its index."""

from __future__ import annotations

from typing import Any

from in_memory_kubernetes.store import Object

INDEX = "batch.kubernetes.io/job-completion-index"
FAILURES = "batch.kubernetes.io/job-index-failure-count"
IGNORED = "batch.kubernetes.io/job-index-ignored-failure-count"


def pod_failed(pod: Object, job: Object) -> bool:
    """Whether a pod counts as failed: also one on its way out, unless the Job replaces only what has failed."""
    phase = pod["status"]["phase"]
    if phase == "Failed":
        return True
    spec = job["spec"]
    if spec.get("podReplacementPolicy") == "Failed" or spec.get("podFailurePolicy"):
        return False
    return "deletionTimestamp" in pod["metadata"] and phase != "Succeeded"


def judge(job: Object, pod: Object) -> tuple[str, bool, str]:
    """The action of the first rule that matches a failed pod, if any; whether it counts; what FailJob says."""
    for number, rule in enumerate((job["spec"].get("podFailurePolicy") or {}).get("rules") or []):
        action = rule["action"]
        if rule.get("onExitCodes"):
            found = _container_with(pod, rule["onExitCodes"])
            meta = pod["metadata"]
            where = f"{meta['namespace']}/{meta['name']}"
            said = found and (
                f"Container {found[0]} for pod {where} failed with exit code {found[1]} "
                f"matching {action} rule at index {number}"
            )
        else:
            said = _condition(pod, rule.get("onPodConditions") or [])
            where = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
            said = said and f"Pod {where} has condition {said} matching {action} rule at index {number}"
        if said:
            return action, action != "Ignore", said if action == "FailJob" else ""
    return "", True, ""


def index_of(pod: Object) -> int:
    """The completion index, or -1."""
    return int((pod["metadata"].get("annotations") or {}).get(INDEX, -1))


def count(pod: Object, annotation: str) -> int:
    return int((pod["metadata"].get("annotations") or {}).get(annotation, 0))


def index_failed(job: Object, pod: Object) -> bool:
    """Whether the index of a pod will not be tried again."""
    if not pod_failed(pod, job):
        return False
    action, counts, _ = judge(job, pod)
    return action == "FailIndex" or (counts and count(pod, FAILURES) >= job["spec"]["backoffLimitPerIndex"])


def counts_of_next(job: Object, replaced: Object | None) -> dict[str, str]:
    """The annotations that carry the counters from the pod that is replaced to the next one."""
    failures, ignored = (count(replaced, FAILURES), count(replaced, IGNORED)) if replaced else (0, 0)
    if replaced:
        counted = judge(job, replaced)[1]
        failures, ignored = failures + counted, ignored + (not counted)
    return {FAILURES: str(failures), **({IGNORED: str(ignored)} if ignored else {})}


def _container_with(pod: Object, wanted: dict[str, Any]) -> tuple[str, int] | None:
    statuses = [*pod["status"].get("containerStatuses", []), *pod["status"].get("initContainerStatuses", [])]
    for status in statuses:
        code = status["state"].get("terminated", {}).get("exitCode", 0)
        named = wanted.get("containerName") in (None, status["name"])
        if code and named and (code in wanted["values"]) == (wanted["operator"] == "In"):
            return status["name"], code
    return None


def _condition(pod: Object, patterns: list[dict[str, str]]) -> str:
    for condition in pod["status"].get("conditions", []):
        for pattern in patterns:
            if (condition["type"], condition["status"]) == (pattern["type"], pattern["status"]):
                return str(condition["type"])
    return ""
