"""What the API server says of itself: its version, whether it is ready, and what it serves."""

from __future__ import annotations

from typing import Any

from in_memory_kubernetes.resources import RESOURCES, Resource

VERSION = {
    "major": "1", "minor": "34", "gitVersion": "v1.34.0-in-memory", "gitCommit": "", "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "", "platform": "linux/amd64",
}  # fmt: skip
VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]


def discover(path: str, groups: tuple[str, ...]) -> dict[str, Any] | str | None:
    """The answer to a path that names no object, or None where there is nothing."""
    path = path.rstrip("/")
    served = [it for it in RESOURCES if not it.group or it.group in groups]
    if path in ("/healthz", "/readyz", "/livez"):
        return "ok"
    if path == "/version":
        return dict(VERSION)
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
    if path == "/apis":
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": _groups(served)}
    for version in {it.api_version for it in served}:
        if path in (f"/api/{version}", f"/apis/{version}"):
            return _resources(version, [it for it in served if it.api_version == version])
    return next((group for group in _groups(served) if path == f"/apis/{group['name']}"), None)


def _groups(served: list[Resource]) -> list[dict[str, Any]]:
    found = {it.group: it.version for it in served if it.group}
    return [
        {
            "name": group,
            "versions": [version := {"groupVersion": f"{group}/{number}", "version": number}],
            "preferredVersion": version,
        }
        for group, number in found.items()
    ]


def _resources(version: str, served: list[Resource]) -> dict[str, Any]:
    entries = [
        {"name": it.plural, "singularName": it.kind.lower(), "namespaced": True, "kind": it.kind, "verbs": VERBS}
        for it in served
    ]
    if version == "v1":
        entries.append({"name": "pods/log", "singularName": "", "namespaced": True, "kind": "Pod", "verbs": ["get"]})
    return {"kind": "APIResourceList", "groupVersion": version, "resources": entries}
