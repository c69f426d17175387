"""A real cluster for tests: namespaces of their own, the chart with its trial store, pods that are killed."""

from __future__ import annotations

import json
import os
import random
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from vtb.cluster.api import Api, connect
from vtb.cluster.logs import last_lines
from vtb.cluster.state import is_done, is_failed

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "vtb-train"
RELEASE = "vtb-train"
PATIENCE_S = float(os.environ.get("VTB_CLUSTER_PATIENCE", "2400"))
Object = dict[str, Any]


@contextmanager
def namespace() -> Iterator[Api]:
    """A fresh namespace that takes restricted pods only."""
    from kubernetes import client, config

    config.load_kube_config()
    name, core = f"vtb-{secrets.token_hex(4)}", client.CoreV1Api()
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    core.create_namespace({"metadata": {"name": name, "labels": labels}})
    try:
        yield connect(name)
    finally:
        core.delete_namespace(name)


def laptop(**more: Any) -> dict[str, Any]:
    """The values for a laptop, without a volume, with other values over them."""
    values: dict[str, Any] = yaml.safe_load((CHART / "ci" / "laptop-values.yaml").read_text(encoding="utf-8"))
    values["devStore"]["persistence"] = {"enabled": False}
    return values | more


def wait(what: str, holds: Callable[[], Any], seconds: float = PATIENCE_S) -> Any:
    """Wait until something holds, and return it."""
    until = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < until, f"did not happen in {seconds:.0f} s: {what}"
        time.sleep(1)
    return found


def launcher(api: Api) -> Object:
    """The newest launcher's Job."""
    jobs = [job for job in jobs_of(api) if job["metadata"]["labels"]["app.kubernetes.io/component"] == "launcher"]
    return max(jobs, key=lambda job: str(job["metadata"]["creationTimestamp"]))


def jobs_of(api: Api) -> list[Object]:
    """Every Job of the release."""
    return api.list("Job", f"app.kubernetes.io/instance={RELEASE}")[0]


def pods_of(api: Api, component: str | None = None) -> list[Object]:
    """Every pod of the release, or of a part of it."""
    more = f",app.kubernetes.io/component={component}" if component else ""
    return api.list("Pod", f"app.kubernetes.io/instance={RELEASE}{more}")[0]


def run_to_the_end(api: Api, job: Object, meanwhile: Callable[[], None] = lambda: None) -> str:
    """Wait for a launcher to be done, and return what its last pod said."""
    name = job["metadata"]["name"]

    def ended() -> Object | None:
        meanwhile()
        made = api.get("Job", name)
        return made if is_done(made) or is_failed(made) else None

    made = wait(f"{name} ends", ended)
    pods = sorted(pods_of(api, "launcher"), key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
    said = "\n".join(line for pod in pods for line in last_lines(api, pod["metadata"]["name"], 500))
    assert is_done(made), said
    return said


def digests(said: str) -> dict[str, str]:
    """The digest of each artifact that a launcher's log tells of."""
    return {
        line.split("]")[0].lstrip("[").partition("/")[0]: line.rpartition("digest ")[2].strip()
        for line in said.splitlines()
        if "complete: " in line and "digest " in line
    }


def kill(api: Api, pod: Object) -> None:
    """kill -9 of everything in a container, as far as it may; the pod is deleted without grace."""
    name = pod["metadata"]["name"]
    from kubernetes import client

    client.CoreV1Api().delete_namespaced_pod(name, api.namespace, grace_period_seconds=0)


def signal_store(api: Api, number: str) -> None:
    """Stop the trial store where it stands (STOP), or let it go on (CONT)."""
    from kubernetes import client
    from kubernetes.stream import stream

    (pod,) = [pod for pod in pods_of(api, "dev-store") if pod["status"]["phase"] == "Running"]
    script = (
        "import os,signal,pathlib\n"
        "for p in pathlib.Path('/proc').glob('[0-9]*/comm'):\n"
        f" p.read_text().strip() == 'rclone' and os.kill(int(p.parent.name), signal.SIG{number})\n"
    )
    answer = stream(
        client.CoreV1Api().connect_get_namespaced_pod_exec, pod["metadata"]["name"], api.namespace,
        command=["python", "-c", script], stdout=True, stderr=True, stdin=False, tty=False,
    )  # fmt: skip
    assert answer == "", answer


def victim(api: Api, chance: random.Random) -> Object | None:
    """A pod of a step that runs just now."""
    running = [
        pod for pod in pods_of(api)
        if pod["status"]["phase"] == "Running" and "vtb-train/step" in pod["metadata"]["labels"]
    ]  # fmt: skip
    return chance.choice(running) if running else None


def pipeline(steps: list[Object]) -> str:
    """A pipeline file."""
    return json.dumps({"name": "data", "steps": steps})
