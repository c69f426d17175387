"""Answers that go on: watches and logs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from in_memory_kubernetes.container_log import ContainerLog, Piece
from in_memory_kubernetes.kubelet import Kubelet
from in_memory_kubernetes.requests import Request
from in_memory_kubernetes.resources import PODS, Resource
from in_memory_kubernetes.selectors import Match, matcher
from in_memory_kubernetes.statuses import ApiError, expired
from in_memory_kubernetes.store import Change, Object, Store

BOOKMARK_EVERY_S = 1.0  # real: a minute
WATCH_S = 1800  # how long a watch without timeoutSeconds goes on
WAITING = {
    "ErrImagePull": "image can't be pulled",
    "ImagePullBackOff": "trying and failing to pull image",
}


def watch(store: Store, request: Request, going_on: Callable[[], bool]) -> Iterator[Object]:
    """The events of a watch, until its time is over or ``going_on`` says no; raises ApiError before the first."""
    match = matcher(request.query.get("labelSelector", ""), request.query.get("fieldSelector", ""))
    text = request.query.get("resourceVersion", "")
    if text and not text.isdigit():
        raise ApiError(400, f'strconv.ParseUint: parsing "{text}": invalid syntax')
    ends = time.monotonic() + (request.number("timeoutSeconds") or WATCH_S)
    return _Watch(store, request, match, ends, going_on).events(text)


class _Watch:
    def __init__(self, store: Store, request: Request, match: Match, ends: float, going_on: Callable[[], bool]) -> None:
        self._store = store
        self._request = request
        self._match = match
        self._ends = ends
        self._going_on = going_on
        self._epoch = store.epoch

    def events(self, text: str) -> Iterator[Object]:
        if text in ("", "0"):  # from now on, after what is there
            with self._store.lock:
                there = self._store.all_of(self._request.resource, self._request.namespace)
                version, self._epoch = self._store.version, self._store.epoch
            yield from (_event("ADDED", item) for item in there if self._match(item))
        else:
            version = int(text)
        try:
            yield from self._from(version)
        except ApiError as error:
            yield {"type": "ERROR", "object": error.status}

    def _from(self, version: int) -> Iterator[Object]:
        bookmark = time.monotonic() + BOOKMARK_EVERY_S
        while self._going_on():
            new, version_now = self._wait_for_changes(version, bookmark)
            for change in new:
                if event := self._seen(change):
                    yield event
            version = version_now
            if time.monotonic() >= min(bookmark, self._ends) and self._request.flag("allowWatchBookmarks"):
                yield _event("BOOKMARK", _bookmark(self._request.resource, version))
                bookmark = time.monotonic() + BOOKMARK_EVERY_S
            if time.monotonic() >= self._ends:
                return

    def _wait_for_changes(self, version: int, bookmark: float) -> tuple[list[Change], int]:
        with self._store.changed:
            if self._epoch != self._store.epoch:
                raise expired(version, self._store.oldest)
            changes = self._store.changes_since(version)
            if not changes:
                self._store.changed.wait(max(0.0, min(bookmark, self._ends, time.monotonic() + 0.5) - time.monotonic()))
                changes = [] if self._epoch != self._store.epoch else self._store.changes_since(version)
            return changes, max(version, changes[-1].version if changes else 0)

    def _seen(self, change: Change) -> Object | None:
        """The event that a change is to this watch: one that starts to match is ADDED, one that ceases is DELETED."""
        namespace = self._request.namespace
        if change.resource != self._request.resource or namespace not in ("", change.after["metadata"]["namespace"]):
            return None
        was = change.before is not None and self._match(change.before)
        is_ = change.kind != "DELETED" and self._match(change.after)
        if not was and not is_:
            return None
        return _event("MODIFIED" if was and is_ else "ADDED" if is_ else "DELETED", change.after)


def _event(type_: str, item: Object) -> Object:
    return {"type": type_, "object": item}


def _bookmark(resource: Resource, version: int) -> Object:
    meta = {"resourceVersion": str(version), "creationTimestamp": None}
    return {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": meta}


def read_log(store: Store, kubelet: Kubelet, request: Request, going_on: Callable[[], bool]) -> Iterator[bytes]:
    """What a container printed; raises ApiError before the first piece when there is nothing to be had."""
    pod = store.get(PODS, request.namespace, request.name)
    name = _container(pod, request.query.get("container", ""))
    log = kubelet.log_of(pod, name)
    _check_started(pod, name, request.flag("previous"))
    if log is None:
        return iter(())
    since, tail = _since(request), request.number("tailLines")
    pieces = log.pieces()
    start = 0
    while start < len(pieces) and since and pieces[start].when < since:
        start += 1
    if tail is not None:
        start = max(start, len(pieces) - tail)
    return _send(log, start, len(pieces), request, going_on)


def _send(log: ContainerLog, start: int, end: int, request: Request, going_on: Callable[[], bool]) -> Iterator[bytes]:
    stamps = request.flag("timestamps")
    pieces = log.follow(start, going_on) if request.flag("follow") else iter(log.pieces()[start:end])
    whole = True
    for piece in pieces:
        yield (_stamp(piece) if stamps and whole else b"") + piece.text
        whole = piece.text.endswith(b"\n")


def _stamp(piece: Piece) -> bytes:
    return piece.when.strftime("%Y-%m-%dT%H:%M:%S.%f000Z ").encode()


def _since(request: Request) -> datetime | None:
    seconds, text = request.number("sinceSeconds"), request.query.get("sinceTime", "")
    if seconds is not None:
        return datetime.now(timezone.utc) - timedelta(seconds=seconds)
    if not text:
        return None
    try:
        head, _, fraction = text.replace("Z", "+00:00").partition(".")
        if fraction:
            digits, sign, zone = fraction.partition("+")
            head = f"{head}.{digits[:6]:0<6}{sign}{zone}"
        return datetime.fromisoformat(head)
    except ValueError:
        raise ApiError(400, f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse') from None


def _container(pod: Object, wanted: str) -> str:
    spec = pod["spec"]
    names = [it["name"] for it in [*spec.get("initContainers", []), *spec["containers"]]]
    if not wanted:
        if len(spec["containers"]) > 1:
            listed = " ".join(names)
            pod_name = pod["metadata"]["name"]
            raise ApiError(400, f"a container name must be specified for pod {pod_name}, choose one of: [{listed}]")
        return str(spec["containers"][0]["name"])
    if wanted not in names:
        raise ApiError(400, f"container {wanted} is not valid for pod {pod['metadata']['name']}")
    return wanted


def _check_started(pod: Object, container: str, previous: bool) -> None:
    """Raise as the kubelet does for a container that has no log yet; a pod without a node has an empty one."""
    if not pod["spec"].get("nodeName"):
        return
    status = pod["status"]
    states = [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
    state: dict[str, Any] = next((it for it in states if it["name"] == container), {"state": {}, "lastState": {}})
    about = f'container "{container}" in pod "{pod["metadata"]["name"]}"'
    if previous:
        raise ApiError(400, f"previous terminated {about} not found")
    waiting = state["state"].get("waiting")
    if waiting and not state["lastState"]:
        reason = waiting["reason"]
        raise ApiError(400, f"{about} is waiting to start: {WAITING.get(reason, reason)}")
