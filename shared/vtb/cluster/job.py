"""The Job of a step, alone or indexed, with what our exit codes mean to Kubernetes."""

from __future__ import annotations

from typing import Any

from vtb.cluster.names import OUTPUT, QUEUE, labels, object_name
from vtb.cluster.pod import CONTAINER, pod_spec
from vtb.cluster.site import Site
from vtb.errors import BadInput, NotAvailable, QualityGate, UsageProblem
from vtb.pipeline.step import Pipeline, Step
from vtb.store import join_uri

# What trying again cannot help. Any other code counts as a failed try: 75 (try again), 1 (a bug), and signals.
FINAL = sorted(kind.exit_code for kind in (UsageProblem, BadInput, NotAvailable, QualityGate))
FAILURES = {
    "rules": [
        {"action": "FailJob", "onExitCodes": {"containerName": CONTAINER, "operator": "In", "values": FINAL}},
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
    ]
}


def metadata(pipeline: Pipeline, step: Step, store: str, site: Site, spec: dict[str, Any]) -> dict[str, Any]:
    """Name, labels and annotations of the object that runs a step."""
    queue = site.place(step.installed.stage).queue
    return {
        "name": object_name(site.release, step.name, spec),
        **({"namespace": site.namespace} if site.namespace else {}),
        "labels": {**labels(site.release, pipeline.name, step), **({QUEUE: queue} if queue else {})},
        "annotations": {OUTPUT: join_uri(store, step.name)},
    }


def job_spec(pipeline: Pipeline, step: Step, store: str, site: Site) -> dict[str, Any]:
    """What the Job does: one try of the whole after another, or one index for each part of the output."""
    stage = step.installed.stage
    place = site.place(stage)
    parts = step.parts
    arguments = step.arguments(store, *(("--num-shards", str(parts)) if parts > 1 else ()))
    tries: dict[str, Any] = {"backoffLimit": place.retries}
    if parts > 1:
        tries = {
            "completionMode": "Indexed",
            "completions": parts,
            "parallelism": min(parts, int(place.parallelism or 1)),
            "backoffLimitPerIndex": place.retries,
            "maxFailedIndexes": 0,
        }
    return {
        **tries,
        "podFailurePolicy": FAILURES,
        "ttlSecondsAfterFinished": site.ttl_seconds_after_finished,
        **({"activeDeadlineSeconds": place.active_deadline_seconds} if place.active_deadline_seconds else {}),
        **({"suspend": True} if place.queue else {}),  # until the queue admits it
        "template": {
            "metadata": {"labels": labels(site.release, pipeline.name, step)},
            "spec": pod_spec(stage, arguments, site),
        },
    }
