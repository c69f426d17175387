"""What a launcher tells of a step that runs: its progress, tries that failed, and why nothing happens."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import Any

from vtb.cluster.api import Api
from vtb.cluster.state import ended_badly, label, parts_done, try_number
from vtb.cluster.waiting import is_waiting, reasons
from vtb.pipeline.step import Step

log = logging.getLogger("vtb.run")
PENDING_S = 15.0
ASK_AGAIN_S = 15.0
SAY_AGAIN_S = 300.0
PROGRESS_S = 30.0


@dataclass
class Running:
    """A step whose objects are in the cluster, and what was told of it."""

    step: Step
    kind: str
    name: str
    uid: str
    since: float = field(default_factory=time.monotonic)
    waits_since: float | None = None
    asked_at: float = -ASK_AGAIN_S
    said: dict[str, float] = field(default_factory=dict)
    seen_to_fail: set[str] = field(default_factory=set)
    failed_tries: int = 0
    progress: tuple[int, int, int] = (0, 0, 0)
    progress_at: float = 0.0


def tell(api: Api, running: Running, made: dict[str, Any], pods: list[dict[str, Any]]) -> None:
    """Tell what is new of a step that has not ended."""
    _tell_progress(running, made)
    _tell_tries(running, made, pods)
    _tell_waiting(api, running, made, pods)


def _tell_progress(running: Running, made: dict[str, Any]) -> None:
    now = time.monotonic()
    done, active, parts = found = parts_done(made) if running.kind == "Job" else (0, 0, 1)
    if parts > 1 and found != running.progress and now - running.progress_at > PROGRESS_S:
        running.progress, running.progress_at = found, now
        log.info("%s: %d of %d parts done, %d running", running.step.name, done, parts, active)


def _tell_tries(running: Running, made: dict[str, Any], pods: list[dict[str, Any]]) -> None:
    """One line for each pod that has failed and is replaced; the end of the step tells of the last one."""
    for pod in pods:
        name, why = pod["metadata"]["name"], ended_badly(pod)
        if why is None or name in running.seen_to_fail:
            continue
        running.seen_to_fail.add(name)
        if why.disrupted:
            log.warning("%s: %s; trying again, which costs no try", label(pod), why.reason)
        elif not why.final:
            number, most = try_number(made, pod, running.failed_tries)
            running.failed_tries += 1
            if number < most:
                log.warning("%s: try %d of %d ended with %s; trying again", label(pod), number, most, why.reason)


def _tell_waiting(api: Api, running: Running, made: dict[str, Any], pods: list[dict[str, Any]]) -> None:
    """Why pods wait that have waited for a while, and again where that is still so much later."""
    now, waiting = time.monotonic(), list(filter(is_waiting, pods))
    if pods and not waiting:
        running.waits_since = None
        return
    running.waits_since = running.waits_since or now
    if now - running.waits_since < PENDING_S or now - running.asked_at < ASK_AGAIN_S:
        return
    running.asked_at = now
    many = "waits" if len(waiting) == len(pods) else f"{len(waiting)} of {len(pods)} pods wait"
    for reason in reasons(api, made, waiting):
        if now - running.said.get(reason, -SAY_AGAIN_S) >= SAY_AGAIN_S:
            running.said[reason] = now
            log.warning("%s: %s: %s", running.step.name, many, reason)
