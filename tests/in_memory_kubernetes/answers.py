"""Requests about objects that have one answer: everything but watches and logs."""

from __future__ import annotations

import base64
import binascii
import copy
import json
from collections.abc import Callable
from typing import Any

from in_memory_kubernetes.admission import admit_change, admit_new
from in_memory_kubernetes.garbage import delete
from in_memory_kubernetes.pods import Pods
from in_memory_kubernetes.requests import Request
from in_memory_kubernetes.resources import PODS
from in_memory_kubernetes.selectors import matcher
from in_memory_kubernetes.statuses import ApiError, already_exists, conflict, expired
from in_memory_kubernetes.store import Object, Store

MERGES = ("application/merge-patch+json", "application/strategic-merge-patch+json")


class Answers:
    """Does what requests want."""

    def __init__(self, store: Store, pods: Pods, namespaces: set[str]) -> None:
        self._store = store
        self._pods = pods
        self._namespaces = namespaces

    def answer(self, request: Request) -> tuple[int, Object]:
        """HTTP status and JSON; raises ApiError."""
        does: dict[str, Callable[[Request], tuple[int, Object]]] = {
            "get": self._get, "list": self._list, "create": self._create, "update": self._put,
            "patch": self._patch, "delete": self._delete, "deletecollection": self._delete_collection,
        }  # fmt: skip
        if request.verb not in does or request.subresource not in ("", "status"):
            raise ApiError(405, "the server does not allow this method on the requested resource")
        return does[request.verb](request)

    def _get(self, request: Request) -> tuple[int, Object]:
        return 200, self._store.get(request.resource, request.namespace, request.name)

    def _list(self, request: Request) -> tuple[int, Object]:
        match = matcher(request.query.get("labelSelector", ""), request.query.get("fieldSelector", ""))
        with self._store.lock:
            items = [it for it in self._store.all_of(request.resource, request.namespace) if match(it)]
            version = self._store.version
        meta: dict[str, Any] = {"resourceVersion": str(version)}
        if token := request.query.get("continue"):
            version, after = self._read_token(token)
            meta["resourceVersion"] = str(version)
            items = [it for it in items if _key(it) > after]
        if (limit := request.number("limit")) and len(items) > limit:
            meta.update(remainingItemCount=len(items) - limit)
            items = items[:limit]
            text = json.dumps([version, *_key(items[-1])])
            meta["continue"] = base64.urlsafe_b64encode(text.encode()).decode()
        if request.resource.built_in:
            items = [{key: value for key, value in it.items() if key not in ("kind", "apiVersion")} for it in items]
        kind, version_ = f"{request.resource.kind}List", request.resource.api_version
        return 200, {"kind": kind, "apiVersion": version_, "metadata": meta, "items": items}

    def _read_token(self, token: str) -> tuple[int, tuple[str, str]]:
        try:
            version, namespace, name = json.loads(base64.urlsafe_b64decode(token))
        except (ValueError, binascii.Error):
            raise ApiError(400, "continue key is not valid") from None
        if version < self._store.oldest:
            raise expired(version, self._store.oldest)
        return version, (namespace, name)

    def _create(self, request: Request) -> tuple[int, Object]:
        item = _object(request)
        if request.namespace not in self._namespaces:
            raise ApiError(
                404, f'namespaces "{request.namespace}" not found',
                details={"name": request.namespace, "kind": "namespaces"},
            )  # fmt: skip
        meta = item["metadata"]
        if meta.setdefault("namespace", request.namespace) != request.namespace:
            raise ApiError(400, "the namespace of the provided object does not match the namespace sent on the request")
        if meta.get("resourceVersion"):
            raise ApiError(500, "resourceVersion should not be set on objects to be created")
        for name in ("uid", "creationTimestamp", "generation"):
            meta.pop(name, None)
        if request.query.get("dryRun") == "All":
            return 201, self._would_create(request, item)
        if request.resource == PODS:
            return 201, self._pods.create(item)
        admit_new(request.resource, item)
        return 201, self._store.create(request.resource, item)

    def _would_create(self, request: Request, item: Object) -> Object:
        name = item["metadata"].get("name", "")
        admit_new(request.resource, item)
        if self._store.find(request.resource, request.namespace, name):
            raise already_exists(request.resource, name)
        return item

    def _put(self, request: Request) -> tuple[int, Object]:
        item = _object(request)
        if item["metadata"].get("name") != request.name:
            raise ApiError(400, "the name of the object does not match the name on the URL")
        version = item["metadata"].get("resourceVersion", "")
        return 200, self._change(request, lambda before: item, version)

    def _patch(self, request: Request) -> tuple[int, Object]:
        allowed = MERGES if request.resource.built_in else MERGES[:1]
        if request.content_type not in allowed or not isinstance(request.body, dict):
            raise ApiError(415, f"the body of the request was in an unknown format - accepted: {', '.join(allowed)}")
        version = (request.body.get("metadata") or {}).get("resourceVersion", "")
        return 200, self._change(request, lambda before: merge(before, request.body), version)

    def _change(self, request: Request, make: Callable[[Object], Object], version: str) -> Object:
        """Replace the object by what ``make`` makes of it; status and the rest are changed apart."""
        has_status = request.resource.has_status

        def edit(item: Object) -> None:
            before = copy.deepcopy(item)
            wanted = copy.deepcopy(make(before))
            wanted["metadata"].setdefault("namespace", request.namespace)
            for name in ("uid", "creationTimestamp", "generation", "resourceVersion", "deletionTimestamp"):
                wanted["metadata"].pop(name, None)
                if name in before["metadata"]:
                    wanted["metadata"][name] = before["metadata"][name]
            if request.subresource == "status":
                wanted = {**before, "status": wanted.get("status", {})}
            elif has_status:
                wanted.pop("status", None)
                if "status" in before:
                    wanted["status"] = before["status"]
            wanted.update(apiVersion=request.resource.api_version, kind=request.resource.kind)
            admit_change(request.resource, wanted, before)
            item.clear()
            item.update(wanted)

        return self._store.update(request.resource, request.namespace, request.name, edit, version)

    def _delete(self, request: Request) -> tuple[int, Object]:
        options = request.body if isinstance(request.body, dict) else {}
        item = self._store.get(request.resource, request.namespace, request.name)
        for name, value in (options.get("preconditions") or {}).items():
            if item["metadata"].get(name) != value:
                said = f"Precondition failed: {name} in precondition: {value}, in object meta: {item['metadata'][name]}"
                raise conflict(request.resource, request.name, said)
        policy = options.get("propagationPolicy") or request.query.get("propagationPolicy", "")
        grace = options.get("gracePeriodSeconds", request.number("gracePeriodSeconds"))
        left = delete(self._store, request.resource, request.namespace, request.name, policy, grace)
        if request.resource == PODS or self._store.find(request.resource, request.namespace, request.name):
            return 200, left
        about = {"name": request.name, "kind": request.resource.plural, "uid": item["metadata"]["uid"]}
        if request.resource.group:
            about["group"] = request.resource.group
        return 200, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": about}

    def _delete_collection(self, request: Request) -> tuple[int, Object]:
        code, found = self._list(request)
        options = request.body if isinstance(request.body, dict) else {}
        policy = options.get("propagationPolicy") or request.query.get("propagationPolicy", "")
        for item in found["items"]:
            delete(self._store, request.resource, request.namespace, item["metadata"]["name"], policy)
        return code, found


def merge(target: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def _object(request: Request) -> Object:
    item = request.body
    if not isinstance(item, dict):
        raise ApiError(400, "the request body is no JSON object")
    item = copy.deepcopy(item)
    wanted = (request.resource.api_version, request.resource.kind)
    given = (item.get("apiVersion", wanted[0]), item.get("kind", wanted[1]))
    if given != wanted:
        raise ApiError(
            400,
            f"the API version in the data ({given[0]}, kind {given[1]}) does not match the expected "
            f"{wanted[0]}, kind {wanted[1]}",
        )
    if not isinstance(item.setdefault("metadata", {}), dict):
        raise ApiError(400, "json: cannot unmarshal metadata")
    return item


def _key(item: Object) -> tuple[str, str]:
    return item["metadata"]["namespace"], item["metadata"]["name"]
