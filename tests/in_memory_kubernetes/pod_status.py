"""What happens to a pod, as changes of its status.

A container is known by the key of its list in the status, ``initContainerStatuses`` or ``containerStatuses``, and its
name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from in_memory_kubernetes.conditions import set_condition
from in_memory_kubernetes.store import Object, now

Edit = Callable[[Object], None]
KILLED = 137


def unschedulable(message: str) -> Edit:
    """No node takes the pod."""
    return lambda pod: set_condition(pod["status"], "PodScheduled", False, "Unschedulable", message)


def scheduled_on(node: str, number: int) -> Edit:
    """A node has taken the pod, as the one with this number."""

    def bind(pod: Object) -> None:
        pod["spec"]["nodeName"] = node
        address = f"10.244.{number // 250}.{number % 250 + 1}"
        pod["status"].update(hostIP="10.0.0.2", podIP=address, podIPs=[{"ip": address}], startTime=now())
        for name in ("PodScheduled", "PodReadyToStartContainers", "Initialized"):
            set_condition(pod["status"], name, True)
        _say_ready(pod, False, "ContainersNotReady")
        for key, containers in (("initContainerStatuses", "initContainers"), ("containerStatuses", "containers")):
            if pod["spec"].get(containers):
                pod["status"][key] = [_created(it) for it in pod["spec"][containers]]

    return bind


def waiting(key: str, name: str, reason: str, message: str) -> Edit:
    """A container does not start yet."""

    def edit(pod: Object) -> None:
        _find(pod, key, name)["state"] = {"waiting": {"reason": reason, "message": message}}

    return edit


def running(key: str, name: str, started: str, identity: str) -> Edit:
    """A container has started, at this time and with this ID."""

    def edit(pod: Object) -> None:
        state = _find(pod, key, name)
        state.update(state={"running": {"startedAt": started}}, containerID=identity, started=True, ready=True)
        state["imageID"] = state["image"]
        if key == "containerStatuses":
            pod["status"]["phase"] = "Running"
            _say_ready(pod, all(it["ready"] for it in pod["status"][key]))

    return edit


def terminated(key: str, name: str, ended: dict[str, Any]) -> Edit:
    """A container has ended."""

    def edit(pod: Object) -> None:
        _find(pod, key, name).update(state={"terminated": ended}, ready=False, started=False)
        if key == "containerStatuses":
            _say_ready(pod, False, "PodCompleted" if ended["exitCode"] == 0 else "ContainersNotReady")

    return edit


def restarting(key: str, name: str, message: str) -> Edit:
    """A container has ended and will be started again after a while."""

    def edit(pod: Object) -> None:
        state = _find(pod, key, name)
        state["lastState"] = state["state"]
        state["restartCount"] += 1
        state["state"] = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}

    return edit


def finished(killed: bool) -> Edit:
    """All containers have ended, or will never start."""

    def edit(pod: Object) -> None:
        status = pod["status"]
        states = [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
        codes = [it["state"].get("terminated", {}).get("exitCode") for it in states]
        status["phase"] = "Succeeded" if codes and all(code == 0 for code in codes) else "Failed"
        for state in states if killed else []:
            if "waiting" in state["state"]:
                state["state"] = {"terminated": {"exitCode": KILLED, "reason": "ContainerStatusUnknown"}}

    return edit


def _say_ready(pod: Object, ready: bool, reason: str = "") -> None:
    for name in ("Ready", "ContainersReady"):
        set_condition(pod["status"], name, ready, reason)


def _created(container: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": container["name"], "image": container["image"], "imageID": "", "ready": False, "started": False,
        "restartCount": 0, "lastState": {}, "state": {"waiting": {"reason": "ContainerCreating"}},
    }  # fmt: skip


def _find(pod: Object, key: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(it for it in pod["status"][key] if it["name"] == name)
    return found
