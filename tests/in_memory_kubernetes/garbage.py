"""Deleting: what a deleted object owns goes too, or stays, as the request says; finished Jobs go after their time."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from in_memory_kubernetes.controller import Controller
from in_memory_kubernetes.job_state import FINALIZER, finished
from in_memory_kubernetes.resources import JOBS, Resource
from in_memory_kubernetes.statuses import ApiError
from in_memory_kubernetes.store import Change, Object, Store, owner_uids

FOREGROUND = "foregroundDeletion"


def delete(
    store: Store, resource: Resource, namespace: str, name: str, policy: str = "", grace: float | None = None
) -> Object:
    """Delete an object with a propagation policy: Background, Foreground, Orphan or "" for the resource's own."""
    with store.lock:
        item = store.get(resource, namespace, name)
        policy = policy or ("Orphan" if resource.orphans else "Background")
        if policy == "Orphan":
            for dependent, owned in store.owned_by(item["metadata"]["uid"]):
                meta = owned["metadata"]
                store.update(dependent, meta["namespace"], meta["name"], _without_owner(item["metadata"]["uid"]))
        elif policy == "Foreground" and store.owned_by(item["metadata"]["uid"]):
            store.update(resource, namespace, name, _await_dependents)
        elif policy not in ("Background", "Foreground"):
            said = 'supported values: "Background", "Foreground", "Orphan"'
            raise ApiError(422, f'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: "{policy}": {said}')
        return store.delete(resource, namespace, name, grace)


class GarbageCollector(Controller):
    """Deletes objects all of whose owners are gone or go, and lets owners go that wait for them."""

    def keys(self, change: Change) -> Iterable[Hashable]:
        meta = change.after["metadata"]
        if change.kind == "ADDED" and owner_uids(change.after):
            yield "object", meta["uid"]
        if change.kind == "DELETED":
            yield "owner", meta["uid"]
            for uid in owner_uids(change.after):
                yield "waiting", uid
        elif FOREGROUND in meta.get("finalizers", []):
            yield "owner", meta["uid"]

    def sync(self, key: Any) -> float | None:
        what, uid = key
        with self.store.lock:
            found = self.store.by_uid(uid)
            if what == "owner":
                for owned in self.store.owned_by(uid):
                    self._collect(*owned)
            elif found and what == "object":
                self._collect(*found)
            elif found:
                self._let_go(*found)
        return None

    def _collect(self, resource: Resource, item: Object) -> None:
        meta = item["metadata"]
        owners = [self.store.by_uid(uid) for uid in owner_uids(item)]
        staying = [it for it in owners if it and FOREGROUND not in it[1]["metadata"].get("finalizers", [])]
        if not staying and "deletionTimestamp" not in meta:
            delete(self.store, resource, meta["namespace"], meta["name"], "Background")

    def _let_go(self, resource: Resource, owner: Object) -> None:
        meta = owner["metadata"]
        if FOREGROUND not in meta.get("finalizers", []) or self.store.owned_by(meta["uid"]):
            return

        def edit(item: Object) -> None:
            item["metadata"]["finalizers"].remove(FOREGROUND)

        self.store.update(resource, meta["namespace"], meta["name"], edit)


class TimeToLive(Controller):
    """Deletes finished Jobs ttlSecondsAfterFinished after their end."""

    def __init__(self, store: Store, speed: float) -> None:
        super().__init__(store)
        self._speed = speed
        self._ended_at: dict[str, float] = {}  # by uid, since objects know whole seconds only

    def keys(self, change: Change) -> Iterable[Hashable]:
        if change.resource == JOBS and change.kind != "DELETED" and finished(change.after):
            self._ended_at.setdefault(change.after["metadata"]["uid"], time.monotonic())
            yield change.after["metadata"]["namespace"], change.after["metadata"]["name"]

    def sync(self, key: Any) -> float | None:
        namespace, name = key
        with self.store.lock:
            job = self.store.find(JOBS, namespace, name)
            if job is None or not finished(job) or "deletionTimestamp" in job["metadata"]:
                return None
            ttl = job["spec"].get("ttlSecondsAfterFinished")
            if ttl is None:
                return None
            left: float = self._ended_at[job["metadata"]["uid"]] + ttl / self._speed - time.monotonic()
            if left > 0:
                return left
            delete(self.store, JOBS, namespace, name, "Foreground")
        return None


def _without_owner(uid: str) -> Callable[[Object], None]:
    def edit(item: Object) -> None:
        left = [owner for owner in item["metadata"]["ownerReferences"] if owner["uid"] != uid]
        item["metadata"]["ownerReferences"] = left
        if not left:
            del item["metadata"]["ownerReferences"]
        finalizers = [it for it in item["metadata"].pop("finalizers", []) if it != FINALIZER]
        if finalizers:
            item["metadata"]["finalizers"] = finalizers

    return edit


def _await_dependents(item: Object) -> None:
    finalizers = item["metadata"].setdefault("finalizers", [])
    if FOREGROUND not in finalizers:
        finalizers.append(FOREGROUND)
