"""Making pods, where they may be refused, and the pods of Jobs."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from in_memory_kubernetes.admission import admit_new
from in_memory_kubernetes.holds import Holds
from in_memory_kubernetes.pod_failures import INDEX
from in_memory_kubernetes.resources import PODS
from in_memory_kubernetes.statuses import ApiError, forbidden
from in_memory_kubernetes.store import Object, Store, random_suffix

INDEX_VARIABLE = "JOB_COMPLETION_INDEX"


class PodRefused(ApiError):
    """A pod that a quota does not allow."""


class Pods:
    """Makes pods, for Jobs and for clients alike."""

    def __init__(self, store: Store, holds: Holds) -> None:
        self._store = store
        self._holds = holds

    def create(self, pod: Object) -> Object:
        """Check a pod and keep it, or raise PodRefused."""
        pod = copy.deepcopy(pod)
        meta = pod["metadata"]
        if not meta.get("name") and meta.get("generateName"):
            meta["name"] = meta["generateName"][:58] + random_suffix()
        admit_new(PODS, pod)
        if hold := self._holds.of(pod, "quota"):
            error = forbidden(PODS, meta["name"], hold.message)
            raise PodRefused(error.code, str(error), details=error.details)
        return self._store.create(PODS, pod)


def job_pod(job: Object, index: int | None, annotations: Mapping[str, str], finalizer: str) -> Object:
    """The pod of a Job, or of one of its indexes."""
    template: dict[str, Any] = copy.deepcopy(job["spec"]["template"])
    meta, spec, name = template.get("metadata") or {}, template["spec"], job["metadata"]["name"]
    labels, notes = dict(meta.get("labels") or {}), dict(meta.get("annotations") or {})
    prefix = f"{name}-"
    if index is not None:
        labels[INDEX] = notes[INDEX] = str(index)
        notes.update(annotations)
        prefix = f"{name[: 58 - len(f'-{index}-')]}-{index}-"
        spec["hostname"] = f"{name}-{index}"
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            _add_index(container)
    owner = {
        "apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": job["metadata"]["uid"],
        "controller": True, "blockOwnerDeletion": True,
    }  # fmt: skip
    return {
        "metadata": {
            "generateName": prefix, "namespace": job["metadata"]["namespace"], "labels": labels,
            **({"annotations": notes} if notes else {}),
            "ownerReferences": [owner], "finalizers": [*meta.get("finalizers", []), finalizer],
        },
        "spec": spec,
    }  # fmt: skip


def _add_index(container: dict[str, Any]) -> None:
    env = container.setdefault("env", [])
    if all(entry["name"] != INDEX_VARIABLE for entry in env):
        source = {"fieldRef": {"apiVersion": "v1", "fieldPath": f"metadata.labels['{INDEX}']"}}
        env.append({"name": INDEX_VARIABLE, "valueFrom": source})
