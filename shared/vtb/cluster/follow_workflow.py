"""Follows a Workflow of Argo's: the phases of its steps and the logs of their pods."""

from __future__ import annotations

import logging
import time
from typing import Any

from vtb.cluster.api import Api
from vtb.cluster.argo import LABEL
from vtb.cluster.logs import Logs
from vtb.cluster.names import STEP, selector
from vtb.cluster.site import Site
from vtb.cluster.state import failure, has_log, label
from vtb.errors import TryAgain
from vtb.pipeline.step import Pipeline

log = logging.getLogger("vtb.run")
LOOK_S = 5.0
ENDED = ("Succeeded", "Failed", "Error")


def follow_workflow(api: Api, name: str, site: Site, pipeline: Pipeline) -> int:
    """Follow it to its end; 0, or the exit code of the pod that failed."""
    logs, told = Logs(api), dict[str, str]()
    chosen = f"{selector(site.release, pipeline.name)},{LABEL}={name}"
    try:
        while True:
            made = api.get("Workflow", name)
            pods = api.list("Pod", chosen)[0]
            for pod in filter(has_log, pods):
                logs.follow(pod["metadata"]["name"], label(pod))
            _tell(made, told)
            if made.get("status", {}).get("phase") in ENDED:
                break
            time.sleep(LOOK_S)
    except BaseException:
        logs.close(wait=False)
        raise
    logs.close(wait=True)
    return _code(made, pods)


def _tell(made: dict[str, Any], told: dict[str, str]) -> None:
    """Say which steps have come to another phase."""
    for node in (made.get("status", {}).get("nodes") or {}).values():
        if node.get("type") == "Pod" and told.get(node["id"]) != node["phase"]:
            told[node["id"]] = node["phase"]
            log.info(
                "%s: %s", node["displayName"], " ".join(filter(None, (node["phase"].lower(), node.get("message"))))
            )


def _code(made: dict[str, Any], pods: list[dict[str, Any]]) -> int:
    status = made["status"]
    if status["phase"] == "Succeeded":
        return 0
    why = failure({}, pods)
    step = next((pod["metadata"]["labels"][STEP] for pod in pods if pod["metadata"]["name"] == why.pod), "workflow")
    log.error("%s: %s", step, why.reason if why.pod else status.get("message", status["phase"]))
    return why.code if why.pod else TryAgain.exit_code
