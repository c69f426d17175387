"""The objects, their versions and what happened to them."""

from __future__ import annotations

import copy
import secrets
import string
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from in_memory_kubernetes.resources import PODS, Resource
from in_memory_kubernetes.statuses import already_exists, conflict, expired, not_found

Object = dict[str, Any]
FINISHED = ("Succeeded", "Failed")


def now(ahead: float = 0) -> str:
    """The time as objects have it: UTC, whole seconds."""
    return (datetime.now(timezone.utc) + timedelta(seconds=ahead)).strftime("%Y-%m-%dT%H:%M:%SZ")


def random_suffix() -> str:
    """What Kubernetes puts behind generateName."""
    return "".join(secrets.choice(string.digits[2:] + "bcdfghjklmnpqrstvwxz") for _ in range(5))


@dataclass(frozen=True)
class Change:
    """One thing that happened: ADDED, MODIFIED or DELETED; ``before`` is None for what is new."""

    version: int
    kind: str
    resource: Resource
    after: Object
    before: Object | None


class Store:
    """All objects. What it returns is shared and must not be changed: `update` changes a copy.

    Attributes:
        lock: Held by what must see no change between two steps.
        listeners: Called with each change, under the lock: they may only note it.
    """

    def __init__(self, history: int) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.listeners: list[Callable[[Change], None]] = []
        self.version = 1
        self.epoch = 0  # counts how often watches were ended
        self._history = history
        self._changes: list[Change] = []
        self.oldest = 0  # changes after this version are kept
        self._objects: dict[Resource, dict[tuple[str, str], Object]] = {}
        self._by_uid: dict[str, tuple[Resource, Object]] = {}
        self._owned: dict[str, dict[str, None]] = {}  # uids by the uid of an owner, oldest first

    def get(self, resource: Resource, namespace: str, name: str) -> Object:
        with self.lock:
            try:
                return self._objects[resource][namespace, name]
            except KeyError:
                raise not_found(resource, name) from None

    def find(self, resource: Resource, namespace: str, name: str) -> Object | None:
        with self.lock:
            return self._objects.get(resource, {}).get((namespace, name))

    def all_of(self, resource: Resource, namespace: str = "") -> list[Object]:
        """All objects of a resource, in one namespace if given, by name."""
        with self.lock:
            found = self._objects.get(resource, {})
            return [found[key] for key in sorted(found) if namespace in ("", key[0])]

    def by_uid(self, uid: str) -> tuple[Resource, Object] | None:
        with self.lock:
            return self._by_uid.get(uid)

    def owned_by(self, uid: str) -> list[tuple[Resource, Object]]:
        """What names an object as an owner, oldest first."""
        with self.lock:
            return [self._by_uid[owned] for owned in self._owned.get(uid, ())]

    def create(self, resource: Resource, item: Object) -> Object:
        """Add an object that has its namespace and its name or generateName."""
        with self.lock:
            item = copy.deepcopy(item)
            meta = item["metadata"]
            if not meta.get("name"):
                meta["name"] = meta["generateName"][:58] + random_suffix()
            key = (meta["namespace"], meta["name"])
            if key in self._objects.get(resource, {}):
                raise already_exists(resource, meta["name"])
            meta.setdefault("uid", str(uuid.uuid4()))
            meta.update(creationTimestamp=now(), generation=1)
            item.update(apiVersion=resource.api_version, kind=resource.kind)
            return self._note("ADDED", resource, item, None)

    def update(
        self, resource: Resource, namespace: str, name: str, edit: Callable[[Object], None], version: str = ""
    ) -> Object:
        """Let ``edit`` change a copy; with a version, only if the object still has it."""
        with self.lock:
            before = self.get(resource, namespace, name)
            if version and version != before["metadata"]["resourceVersion"]:
                raise conflict(
                    resource,
                    name,
                    "the object has been modified; please apply your changes to the latest version and try again",
                )
            item = copy.deepcopy(before)
            edit(item)
            if item == before:
                return before
            if item.get("spec") != before.get("spec"):
                item["metadata"]["generation"] += 1
            after = self._note("MODIFIED", resource, item, before)
            return self._remove_if_done(resource, after) or after

    def delete(self, resource: Resource, namespace: str, name: str, grace: float | None = None) -> Object:
        """Remove an object, or mark it for removal where something has to be done before; return what is left."""
        with self.lock:
            item = self.get(resource, namespace, name)
            seconds = _grace(resource, item, grace)

            def mark(item: Object) -> None:
                meta = item["metadata"]
                meta.setdefault("deletionTimestamp", now(seconds))
                meta["deletionGracePeriodSeconds"] = min(seconds, meta.get("deletionGracePeriodSeconds", seconds))

            if seconds or item["metadata"].get("finalizers"):
                return self.update(resource, namespace, name, mark)
            return self._remove(resource, item)

    def changes_since(self, version: int) -> list[Change]:
        """What happened after a version; ApiError 410 when that is not known any more."""
        with self.lock:
            if version < self.oldest:
                raise expired(version, self.oldest)
            start = len(self._changes)
            while start and self._changes[start - 1].version > version:
                start -= 1
            return self._changes[start:]

    def forget(self) -> None:
        """Forget what happened until now, and end all watches."""
        with self.lock:
            self.version += 1
            self.oldest = self.version
            self._changes.clear()
            self.epoch += 1
            self.changed.notify_all()

    def _index(self, resource: Resource, after: Object, before: Object | None) -> None:
        uid = after["metadata"]["uid"]
        self._by_uid[uid] = (resource, after)
        old, new = owner_uids(before) if before else [], owner_uids(after)
        for owner in set(old) - set(new):
            self._owned[owner].pop(uid, None)
        for owner in new:
            self._owned.setdefault(owner, {})[uid] = None

    def _remove_if_done(self, resource: Resource, item: Object) -> Object | None:
        meta = item["metadata"]
        waiting = meta.get("finalizers") or meta.get("deletionGracePeriodSeconds", 0)
        return self._remove(resource, item) if "deletionTimestamp" in meta and not waiting else None

    def _remove(self, resource: Resource, item: Object) -> Object:
        return self._note("DELETED", resource, copy.deepcopy(item), item)

    def _note(self, kind: str, resource: Resource, after: Object, before: Object | None) -> Object:
        self.version += 1
        meta = after["metadata"]
        meta["resourceVersion"] = str(self.version)
        objects = self._objects.setdefault(resource, {})
        key = (meta["namespace"], meta["name"])
        self._index(resource, after, before)
        if kind == "DELETED":
            del objects[key]
            del self._by_uid[meta["uid"]]
            for owner in owner_uids(after):
                self._owned[owner].pop(meta["uid"], None)
        else:
            objects[key] = after
        change = Change(self.version, kind, resource, after, before)
        self._changes.append(change)
        if len(self._changes) > self._history:
            del self._changes[: -self._history // 2]
            self.oldest = self._changes[0].version - 1
        for listener in self.listeners:
            listener(change)
        self.changed.notify_all()
        return after


def owner_uids(item: Object) -> list[str]:
    """The uids of an object's owners."""
    return [owner["uid"] for owner in item["metadata"].get("ownerReferences") or []]


def _grace(resource: Resource, item: Object, asked: float | None) -> int:
    """Seconds that a pod has to end; none when nothing of it runs, and none for other objects."""
    if resource != PODS or not item["spec"].get("nodeName"):
        return 0
    if item.get("status", {}).get("phase") in FINISHED:
        return 0
    return int(item["spec"].get("terminationGracePeriodSeconds", 30) if asked is None else asked)
