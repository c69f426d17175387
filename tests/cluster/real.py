"""A real cluster for tests: namespaces of their own, the chart with its trial store, pods that are killed."""

from __future__ import annotations

import base64
import json
import os
import random
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from s3_server import free_port
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


@contextmanager
def store_from_here(api: Api) -> Iterator[dict[str, str]]:
    """The environment in which programs of this machine reach the trial store."""
    port, name = free_port(), f"{RELEASE}-dev-store"
    site = yaml.safe_load(api.get("ConfigMap", f"{RELEASE}-site")["data"]["site.yaml"])
    secret = _core().read_namespaced_secret(site["store"]["existingSecret"], api.namespace).data
    keys = {key: base64.b64decode(value).decode() for key, value in secret.items()}
    line = ["kubectl", "port-forward", "-n", api.namespace, f"deployment/{name}", f"{port}:9000"]
    _ready(api)
    with subprocess.Popen(line, stdout=subprocess.DEVNULL) as process:
        try:
            wait("the store is reached", lambda: _listens(port), 60)
            yield {**keys, "S3_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
        finally:
            process.kill()


def _ready(api: Api) -> None:
    def holds() -> bool:
        return any(entry.get("ready") for pod in pods_of(api, "dev-store") for entry in _containers(pod))

    wait("the store is ready", holds, 120)


def _containers(pod: Object) -> list[Object]:
    return pod["status"].get("containerStatuses") or []


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def evict(api: Api, pod: Object) -> None:
    """As when its node is drained: costs the step no try."""
    from kubernetes.client import V1Eviction, V1ObjectMeta

    name = pod["metadata"]["name"]
    _core().create_namespaced_pod_eviction(name, api.namespace, V1Eviction(metadata=V1ObjectMeta(name=name)))


def delete(api: Api, pod: Object) -> None:
    """Without grace, as when its node is lost."""
    _core().delete_namespaced_pod(pod["metadata"]["name"], api.namespace, grace_period_seconds=0)


def kill_program(api: Api, pod: Object) -> None:
    """kill -9 of everything in the container but its PID 1, which passes the end on."""
    execute(api, pod, "import os,signal; os.kill(-1, signal.SIGKILL)")


WAYS = (evict, delete, kill_program)


def kill(api: Api, pod: Object, chance: random.Random) -> str | None:
    """Kill a pod in one of the ways, and name it; None where it had ended before."""
    from kubernetes.client import ApiException

    way = chance.choice(WAYS)
    try:
        way(api, pod)
    except ApiException as error:  # 404 and 409: it has ended; 0: so it had when something was to run in it
        if error.status not in (0, 404, 409):
            raise
        return None
    return way.__name__


def execute(api: Api, pod: Object, script: str) -> str:
    """Run a Python script in a pod's container, and return what it says."""
    from kubernetes.stream import stream

    return str(stream(
        _core().connect_get_namespaced_pod_exec, pod["metadata"]["name"], api.namespace,
        command=["python", "-c", script], stdout=True, stderr=True, stdin=False, tty=False,
    ))  # fmt: skip


def _core() -> Any:
    from kubernetes import client

    return client.CoreV1Api(connect().client)


def signal_store(api: Api, number: str) -> None:
    """Stop the trial store where it stands (STOP), or let it go on (CONT)."""
    (pod,) = [pod for pod in pods_of(api, "dev-store") if pod["status"]["phase"] == "Running"]
    script = (
        "import os,signal,pathlib\n"
        "for p in pathlib.Path('/proc').glob('[0-9]*/comm'):\n"
        f" p.read_text().strip() == 'rclone' and os.kill(int(p.parent.name), signal.SIG{number})\n"
    )
    assert execute(api, pod, script) == ""


def running_pods(api: Api) -> list[Object]:
    """The pods of steps that run just now."""
    return [pod for pod in pods_of(api) if "vtb-train/step" in pod["metadata"]["labels"] and is_running(pod)]


def is_running(pod: Object) -> bool:
    """Whether a pod runs, and is not being deleted."""
    return pod["status"]["phase"] == "Running" and "deletionTimestamp" not in pod["metadata"]


def pipeline(steps: list[Object]) -> str:
    """A pipeline file."""
    return json.dumps({"name": "data", "steps": steps})
