"""Conditions in the status of an object."""

from __future__ import annotations

from typing import Any

from in_memory_kubernetes.store import now


def condition_is(status: dict[str, Any], type_: str) -> bool:
    """Whether a condition is there and True."""
    return any(it["type"] == type_ and it["status"] == "True" for it in status.get("conditions", []))


def set_condition(
    status: dict[str, Any], type_: str, value: bool, reason: str = "", message: str = "", *, probe: bool = False
) -> None:
    """Set a condition; its time changes only when its status does. ``probe`` adds lastProbeTime, as Jobs have it."""
    conditions = status.setdefault("conditions", [])
    wanted = {"type": type_, "status": str(value)}
    if reason:
        wanted["reason"] = reason
    if message:
        wanted["message"] = message
    for number, old in enumerate(conditions):
        if old["type"] == type_:
            times = {key: old[key] for key in ("lastProbeTime", "lastTransitionTime") if key in old}
            same = old["status"] == wanted["status"]
            conditions[number] = {**wanted, **(times if same else _times(probe))}
            return
    conditions.append({**wanted, **_times(probe)})


def _times(probe: bool) -> dict[str, str]:
    return {**({"lastProbeTime": now()} if probe else {}), "lastTransitionTime": now()}
