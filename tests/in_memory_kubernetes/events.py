"""Events: what controllers and the kubelet tell people about objects."""

from __future__ import annotations

import hashlib
from typing import Any

from in_memory_kubernetes.resources import EVENTS, Resource
from in_memory_kubernetes.store import Object, Store, now


def record(store: Store, resource: Resource, item: Object, type_: str, reason: str, message: str, source: str) -> None:
    """Make an Event, or count the one up that says the same of the same object."""
    meta = item["metadata"]
    about = {
        "kind": resource.kind, "apiVersion": resource.api_version, "namespace": meta["namespace"],
        "name": meta["name"], "uid": meta["uid"],
    }  # fmt: skip
    what = hashlib.sha256("\0".join((meta["uid"], reason, message)).encode()).hexdigest()
    name = f"{meta['name']}.{what[:16]}"
    if store.find(EVENTS, meta["namespace"], name):
        store.update(EVENTS, meta["namespace"], name, _count_up)
        return
    store.create(
        EVENTS,
        {
            "metadata": {"name": name, "namespace": meta["namespace"]},
            "involvedObject": about, "type": type_, "reason": reason, "message": message,
            "source": {"component": source}, "reportingComponent": source, "reportingInstance": "", "count": 1,
            "firstTimestamp": now(), "lastTimestamp": now(),
        },
    )  # fmt: skip


def _count_up(event: dict[str, Any]) -> None:
    event["count"] += 1
    event["lastTimestamp"] = now()
