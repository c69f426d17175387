"""For tests of the API, which import its fixtures: clients, config maps to ask for, and how answers read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from in_memory_kubernetes import Kubernetes


@pytest.fixture
def core(kubernetes: Kubernetes) -> client.CoreV1Api:
    """A client for pods, config maps and the like."""
    return client.CoreV1Api(kubernetes.client())


@pytest.fixture
def batch(kubernetes: Kubernetes) -> client.BatchV1Api:
    """A client for Jobs."""
    return client.BatchV1Api(kubernetes.client())


def config_map(name: str, **labels: str) -> dict[str, Any]:
    """A config map with labels."""
    return {"metadata": {"name": name, "labels": labels}, "data": {"key": "value"}}


def refused(error: pytest.ExceptionInfo[ApiException]) -> tuple[int, str]:
    """The code and the reason of an answer."""
    return error.value.status, json.loads(error.value.body)["reason"]


def phases(kubernetes: Kubernetes, labels: dict[str, str]) -> list[str]:
    """The phases of the pods with these labels."""
    return [it["status"]["phase"] for it in kubernetes.objects("pods", labels)]


def events_of(api: client.CoreV1Api, **options: Any) -> Iterator[dict[str, Any]]:
    """A watch as JSON, without the client's own way of going on."""
    response = api.list_namespaced_config_map("test", watch=True, _preload_content=False, **options)
    for line in response:
        yield json.loads(line)
