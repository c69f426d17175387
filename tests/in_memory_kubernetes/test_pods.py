"""Pods as https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/ describes them, and their logs."""

from __future__ import annotations

import json
import re
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from in_memory_kubernetes import ContainerLog, InstalledPrograms, Kubernetes, Stopped, fail_with
from in_memory_kubernetes.config_maps import core as core  # a fixture
from in_memory_kubernetes.jobs import raw


def make_pod(name: str = "pod", *, grace: int = 1, **container: Any) -> dict[str, Any]:
    main = {"name": "main", "image": "registry.example/vtb/gen-maze:1", **container}
    spec = {"restartPolicy": "Never", "terminationGracePeriodSeconds": grace, "containers": [main]}
    return {"metadata": {"name": name}, "spec": spec}


def phase(kubernetes: Kubernetes, name: str = "pod") -> str:
    return str((kubernetes.get("pods", name) or {"status": {"phase": "gone"}})["status"]["phase"])


def state(kubernetes: Kubernetes, kind: str, name: str = "pod") -> dict[str, Any]:
    pod = kubernetes.get("pods", name) or {}
    statuses = pod.get("status", {}).get("containerStatuses") or [{"state": {}}]
    return dict(statuses[0]["state"].get(kind, {}))


def test_a_pod_runs_and_ends_with_the_code_of_its_container(kubernetes: Kubernetes) -> None:
    go_on = threading.Event()

    def program(pod: dict[str, Any], log: ContainerLog) -> int:
        log.message = "the last word"
        go_on.wait(10)
        return 3

    kubernetes.run = program
    kubernetes.create("pods", make_pod())
    kubernetes.wait(lambda: phase(kubernetes) == "Running")
    assert state(kubernetes, "running")["startedAt"]
    ready = [it for it in kubernetes.objects("pods")[0]["status"]["conditions"] if it["type"] == "Ready"]
    assert ready[0]["status"] == "True"
    go_on.set()
    kubernetes.wait(lambda: phase(kubernetes) == "Failed")
    ended = state(kubernetes, "terminated")
    assert (ended["exitCode"], ended["reason"], ended["message"]) == (3, "Error", "the last word")
    assert ended["finishedAt"] >= ended["startedAt"]
    assert kubernetes.pod_runs == {"pod": 1}


def test_a_deleted_pod_has_its_grace_period_and_no_more(kubernetes: Kubernetes) -> None:
    told: dict[str, float] = {}

    def program(pod: dict[str, Any], log: ContainerLog) -> int:
        name = pod["metadata"]["name"]
        try:
            log.sleep(30)
        except Stopped:
            told[name] = time.monotonic()
            if name == "stubborn":
                log.killed.wait(30)
        return 75

    kubernetes.run = program
    for name in ("polite", "stubborn"):
        kubernetes.create("pods", make_pod(name, grace=1))
        kubernetes.wait(lambda name=name: phase(kubernetes, name) == "Running")  # type: ignore[misc]
        kubernetes.delete("pods", name)
        kubernetes.wait(lambda name=name: phase(kubernetes, name) == "gone")  # type: ignore[misc]
        took = time.monotonic() - told[name]
        assert (took > 0.9) == (name == "stubborn")


@pytest.mark.parametrize(
    ("hold", "reason", "says"),
    [
        ("image_pull", "ImagePullBackOff", "trying and failing to pull image"),
        ("config_error", "CreateContainerConfigError", "CreateContainerConfigError"),
    ],
)
def test_pods_that_wait(kubernetes: Kubernetes, core: client.CoreV1Api, hold: str, reason: str, says: str) -> None:
    with getattr(kubernetes, f"hold_{hold}")("it is so"):
        kubernetes.create("pods", make_pod())
        kubernetes.wait(lambda: state(kubernetes, "waiting").get("reason") == reason)
        assert "it is so" in state(kubernetes, "waiting")["message"]
        assert phase(kubernetes) == "Pending"
        with pytest.raises(ApiException) as error:
            core.read_namespaced_pod_log("pod", "test")
        assert error.value.status == 400
        assert json.loads(error.value.body)["message"] == f'container "main" in pod "pod" is waiting to start: {says}'
    kubernetes.wait(lambda: phase(kubernetes) == "Succeeded")


def test_pods_that_no_node_takes(kubernetes: Kubernetes, core: client.CoreV1Api) -> None:
    hold = kubernetes.hold_unschedulable(match=lambda pod: pod["metadata"]["name"] == "big")
    kubernetes.create("pods", make_pod("big"))
    kubernetes.create("pods", make_pod("small"))
    kubernetes.wait(lambda: phase(kubernetes, "small") == "Succeeded")
    conditions = (kubernetes.get("pods", "big") or {})["status"]["conditions"]
    said = next(it for it in conditions if it["type"] == "PodScheduled")
    assert (said["status"], said["reason"]) == ("False", "Unschedulable")
    assert said["message"] == "0/3 nodes are available: 3 Insufficient memory."
    assert core.read_namespaced_pod_log("big", "test") == ""
    hold.release()
    kubernetes.wait(lambda: phase(kubernetes, "big") == "Succeeded")


def test_environment(kubernetes: Kubernetes) -> None:
    kubernetes.create("secrets", {"metadata": {"name": "s3"}, "stringData": {"AWS_ACCESS_KEY_ID": "key", "x": "1"}})
    kubernetes.create("configmaps", {"metadata": {"name": "site"}, "data": {"region": "here"}})
    env = [
        {"name": "PLAIN", "value": "1"},
        {"name": "MADE", "value": "$(PLAIN)/$$(PLAIN)/$(NONE)"},
        {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s3", "key": "x"}}},
        {"name": "REGION", "valueFrom": {"configMapKeyRef": {"name": "site", "key": "region"}}},
        {"name": "NOT", "valueFrom": {"secretKeyRef": {"name": "none", "key": "x", "optional": True}}},
        {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    ]
    seen: dict[str, str] = {}
    kubernetes.run = lambda pod, log: seen.update(log.env) or 0
    kubernetes.create("pods", make_pod(env=env, envFrom=[{"secretRef": {"name": "s3"}, "prefix": "P_"}]))
    kubernetes.wait(lambda: phase(kubernetes) == "Succeeded")
    assert seen == {
        "P_AWS_ACCESS_KEY_ID": "key", "P_x": "1", "PLAIN": "1", "MADE": "1/$(PLAIN)/$(NONE)", "KEY": "1",
        "REGION": "here", "NAME": "pod",
    }  # fmt: skip


def test_a_secret_that_is_missing_keeps_the_container_waiting(kubernetes: Kubernetes) -> None:
    env = [{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s3", "key": "x"}}}]
    kubernetes.create("pods", make_pod(env=env))
    kubernetes.wait(lambda: state(kubernetes, "waiting").get("reason") == "CreateContainerConfigError")
    assert state(kubernetes, "waiting")["message"] == 'secret "s3" not found'
    kubernetes.create("secrets", {"metadata": {"name": "s3"}, "stringData": {"x": "1"}})
    kubernetes.wait(lambda: phase(kubernetes) == "Succeeded")


def test_logs(kubernetes: Kubernetes, core: client.CoreV1Api) -> None:
    go_on = threading.Event()

    def program(pod: dict[str, Any], log: ContainerLog) -> int:
        log.write("one\ntwo\n")
        go_on.wait(10)
        log.write("three\n")
        return 0

    kubernetes.run = program
    kubernetes.create("pods", make_pod())
    kubernetes.wait(lambda: kubernetes.log("pod") == "one\ntwo\n")
    assert core.read_namespaced_pod_log("pod", "test") == "one\ntwo\n"
    assert core.read_namespaced_pod_log("pod", "test", tail_lines=1) == "two\n"
    follow = core.read_namespaced_pod_log("pod", "test", follow=True, timestamps=True, _preload_content=False)
    lines = (line.decode() for line in follow)
    first = [next(lines), next(lines)]
    go_on.set()
    first += list(lines)
    assert [line.partition(" ")[2] for line in first] == ["one\n", "two\n", "three\n"]
    stamps = [line.partition(" ")[0] for line in first]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", stamp) for stamp in stamps)
    since = raw(kubernetes, f"/api/v1/namespaces/test/pods/pod/log?sinceTime={stamps[2]}")
    assert since.data == b"three\n"
    with pytest.raises(ApiException, match="container other is not valid for pod pod"):
        core.read_namespaced_pod_log("pod", "test", container="other")


def test_the_end_of_the_log_is_the_message_where_that_is_wanted(kubernetes: Kubernetes) -> None:
    kubernetes.run = fail_with(2, "why\n")
    kubernetes.create("pods", make_pod("a"))
    kubernetes.create("pods", make_pod("b", terminationMessagePolicy="FallbackToLogsOnError"))
    kubernetes.wait(lambda: phase(kubernetes, "a") == phase(kubernetes, "b") == "Failed")
    assert "message" not in state(kubernetes, "terminated", "a")
    assert state(kubernetes, "terminated", "b")["message"] == "why\n"


def test_images_run_what_images_yaml_says(kubernetes: Kubernetes, tmp_path: Path) -> None:
    kubernetes.run = InstalledPrograms()
    kubernetes.create("configmaps", {"metadata": {"name": "c"}, "data": {"config.yaml": "count: 2\n"}})
    out = tmp_path / "out"
    args = ["--size", "5", "--config", "/etc/vtb/config.yaml", "--output", "$(OUT)", "--seed", "1"]
    mounts = [{"name": "c", "mountPath": "/etc/vtb"}]
    pod = make_pod(args=args, env=[{"name": "OUT", "value": str(out)}], volumeMounts=mounts)
    pod["spec"]["volumes"] = [{"name": "c", "configMap": {"name": "c"}}]
    kubernetes.create("pods", pod)
    kubernetes.wait(lambda: phase(kubernetes) in ("Succeeded", "Failed"), 120)
    assert phase(kubernetes) == "Succeeded", kubernetes.log("pod")
    assert (out / "manifest.json").is_file()


def test_processes_are_ended(kubernetes: Kubernetes) -> None:
    kubernetes.run = InstalledPrograms()
    loop = (
        "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(75)); print('on', flush=True); time.sleep(60)"
    )
    kubernetes.create("pods", make_pod("a", command=["python", "-c", loop]))
    stubborn = loop.replace("lambda *_: sys.exit(75)", "signal.SIG_IGN")
    kubernetes.create("pods", make_pod("b", command=["tini", "-g", "--", "python", "-c", stubborn]))
    kubernetes.wait(lambda: kubernetes.log("a") == kubernetes.log("b") == "on\n", 20)
    version = str(kubernetes.store.version)
    for name in "ab":
        kubernetes.delete("pods", name)
    kubernetes.wait(lambda: phase(kubernetes, "a") == phase(kubernetes, "b") == "gone", 20)
    codes = {
        change.after["metadata"]["name"]: change.after["status"]["containerStatuses"][0]["state"]["terminated"][
            "exitCode"
        ]
        for change in kubernetes.store.changes_since(int(version))
        if change.kind == "DELETED" and change.resource.plural == "pods"
    }
    assert codes == {"a": 75, "b": 137}


def test_a_volume_that_cannot_be_mounted_keeps_the_pod_creating(kubernetes: Kubernetes, core: client.CoreV1Api) -> None:
    pod = make_pod(volumeMounts=[{"name": "keys", "mountPath": "/keys"}])
    pod["spec"]["volumes"] = [{"name": "keys", "secret": {"secretName": "nowhere"}}]
    core.create_namespaced_pod("test", pod)
    kubernetes.wait(lambda: any(event["reason"] == "FailedMount" for event in kubernetes.objects("events")))
    assert state(kubernetes, "waiting") == {"reason": "ContainerCreating"}
    kubernetes.create("secrets", {"metadata": {"name": "nowhere"}, "stringData": {"x": "1"}})
    kubernetes.wait(lambda: phase(kubernetes) == "Succeeded")
