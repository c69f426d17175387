"""Watches: what they tell, where they begin, and how they expire."""

from __future__ import annotations

import threading

import pytest
from kubernetes import client, watch

from in_memory_kubernetes import Kubernetes
from in_memory_kubernetes.config_maps import config_map, events_of
from in_memory_kubernetes.config_maps import core as core  # a fixture


def test_a_watch_tells_what_happens_after_a_version(core: client.CoreV1Api) -> None:
    core.create_namespaced_config_map("test", config_map("old", app="x"))
    version = core.list_namespaced_config_map("test").metadata.resource_version
    core.create_namespaced_config_map("test", config_map("a", app="x"))
    core.create_namespaced_config_map("test", config_map("b", app="y"))
    core.patch_namespaced_config_map("a", "test", {"data": {"key": "2"}})
    core.patch_namespaced_config_map("b", "test", {"metadata": {"labels": {"app": "x"}}})
    core.patch_namespaced_config_map("a", "test", {"metadata": {"labels": {"app": "z"}}})
    core.delete_namespaced_config_map("b", "test")
    seen = events_of(core, resource_version=version, label_selector="app=x", timeout_seconds=1)
    assert [(it["type"], it["object"]["metadata"]["name"]) for it in seen] == [
        ("ADDED", "a"), ("MODIFIED", "a"), ("ADDED", "b"), ("DELETED", "a"), ("DELETED", "b"),
    ]  # fmt: skip


def test_a_watch_without_a_version_begins_with_what_is_there_and_bookmarks(core: client.CoreV1Api) -> None:
    core.create_namespaced_config_map("test", config_map("a"))
    seen = list(events_of(core, timeout_seconds=1, allow_watch_bookmarks=True))
    assert [it["type"] for it in seen[:2]] == ["ADDED", "BOOKMARK"]
    assert int(seen[1]["object"]["metadata"]["resourceVersion"]) >= int(
        seen[0]["object"]["metadata"]["resourceVersion"]
    )


def test_expired_watches_end_with_410_and_old_versions_get_it(kubernetes: Kubernetes, core: client.CoreV1Api) -> None:
    version = core.list_namespaced_config_map("test").metadata.resource_version
    seen = events_of(core, resource_version=version, timeout_seconds=20)
    threading.Timer(0.3, kubernetes.expire_watches).start()
    for last in (next(seen), next(events_of(core, resource_version=version, timeout_seconds=20))):
        assert (last["type"], last["object"]["code"], last["object"]["reason"]) == ("ERROR", 410, "Expired")
        assert "too old resource version" in last["object"]["message"]
    with pytest.raises(StopIteration):
        next(seen)
    now = core.list_namespaced_config_map("test").metadata.resource_version
    assert list(events_of(core, resource_version=now, timeout_seconds=1)) == []


def test_a_version_older_than_the_history_is_expired() -> None:
    with Kubernetes(history=10) as short:
        core = client.CoreV1Api(short.client())
        version = core.list_namespaced_config_map("test").metadata.resource_version
        for number in range(20):
            core.create_namespaced_config_map("test", config_map(f"a{number}"))
        assert next(events_of(core, resource_version=version, timeout_seconds=5))["object"]["code"] == 410


def test_the_clients_own_watch_works(kubernetes: Kubernetes, core: client.CoreV1Api) -> None:
    threading.Timer(0.2, kubernetes.create, ("configmaps", config_map("late"))).start()
    seen = watch.Watch().stream(core.list_namespaced_config_map, "test", timeout_seconds=5)
    assert next(iter(seen))["object"].metadata.name == "late"
