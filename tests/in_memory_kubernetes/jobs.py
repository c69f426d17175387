"""Jobs for the tests of the stand-in."""

from __future__ import annotations

from typing import Any

import urllib3

from in_memory_kubernetes.cluster import Kubernetes


def make_job(name: str = "job", *, env: list[dict[str, Any]] | None = None, **spec: Any) -> dict[str, Any]:
    """A Job of one container whose pods are not restarted."""
    container = {"name": "main", "image": "registry.example/vtb/gen-maze:1", "env": env or []}
    pod = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "containers": [container]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": {"app": "vtb"}},
        "spec": {"template": {"spec": pod}, **spec},
    }


def indexed(completions: int, parallelism: int = 10, **spec: Any) -> dict[str, Any]:
    """The spec of an Indexed Job."""
    return {"completionMode": "Indexed", "completions": completions, "parallelism": parallelism, **spec}


def rule(action: str, *codes: int, operator: str = "In") -> dict[str, Any]:
    """A rule of a podFailurePolicy about exit codes."""
    return {"action": action, "onExitCodes": {"containerName": "main", "operator": operator, "values": list(codes)}}


DISRUPTED = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}


def conditions(job: dict[str, Any] | None) -> dict[str, str]:
    """The reasons of the conditions that are True, by type."""
    found = ((job or {}).get("status") or {}).get("conditions", [])
    return {it["type"]: it["reason"] for it in found if it["status"] == "True"}


def message(job: dict[str, Any] | None, type_: str) -> str:
    """What a condition says."""
    return next(it["message"] for it in job["status"]["conditions"] if it["type"] == type_) if job else ""


def raw(kubernetes: Kubernetes, path: str) -> urllib3.BaseHTTPResponse:
    """The answer to a GET, without the client."""
    headers = {"Authorization": f"Bearer {kubernetes.token}"}
    return urllib3.request("GET", kubernetes.url + path, headers=headers, retries=False)
