"""What a Job and its pods say of themselves."""

from __future__ import annotations

from typing import Any

from in_memory_kubernetes.conditions import condition_is
from in_memory_kubernetes.store import Object

FINALIZER = "batch.kubernetes.io/job-tracking"  # on pods that their Job has not counted yet


def controller_of(pod: Object) -> dict[str, Any] | None:
    """The Job that a pod says it belongs to."""
    owners_ = pod["metadata"].get("ownerReferences") or []
    return next((it for it in owners_ if it.get("controller") and it["kind"] == "Job"), None)


def finished(job: Object) -> bool:
    """Whether a Job is Complete or Failed."""
    status = job.get("status") or {}
    return condition_is(status, "Complete") or condition_is(status, "Failed")
