"""The whole: a cluster that a test starts, asks and breaks."""

from __future__ import annotations

import base64
import copy
import json
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from in_memory_kubernetes.answers import Answers
from in_memory_kubernetes.conditions import set_condition
from in_memory_kubernetes.faults import Fault, Faults
from in_memory_kubernetes.garbage import GarbageCollector, TimeToLive, delete
from in_memory_kubernetes.holds import Hold, Holds, Match, every_pod
from in_memory_kubernetes.job_controller import JobController
from in_memory_kubernetes.kubelet import Kubelet, Program
from in_memory_kubernetes.pods import Pods
from in_memory_kubernetes.programs import succeed
from in_memory_kubernetes.requests import Request
from in_memory_kubernetes.resources import CORE_GROUPS, PODS, resource_named
from in_memory_kubernetes.server import ApiServer
from in_memory_kubernetes.store import Object, Store
from in_memory_kubernetes.tls import make_certificate

if TYPE_CHECKING:
    import pytest
    from kubernetes.client import ApiClient

NAMESPACE = "test"
QUOTA = "exceeded quota: compute, requested: pods=1, used: pods=10, limited: pods=10"


class Kubernetes:
    """A cluster in memory; the package's documentation says what it does and what not."""

    def __init__(
        self,
        groups: tuple[str, ...] = CORE_GROUPS,
        run: Program = succeed,
        backoff: float = 0.05,
        speed: float = 1.0,
        history: int = 10_000,
        tls: bool = False,
    ) -> None:
        self.namespace = NAMESPACE
        self.store = Store(history)
        self._holds = Holds()
        self._faults = Faults()
        pods = Pods(self.store, self._holds)
        self._kubelet = Kubelet(self.store, self._holds, run, backoff, speed)
        self._controllers = [
            GarbageCollector(self.store),
            TimeToLive(self.store, speed),
            JobController(self.store, pods, backoff, speed),
            self._kubelet,
        ]
        self._answers = Answers(self.store, pods, {NAMESPACE, "default", "kube-system"})
        self.token = secrets.token_hex(16)
        self._folder = tempfile.TemporaryDirectory(prefix="vtb-kubernetes-")
        context = make_certificate(Path(self._folder.name)) if tls else None
        self.api = ApiServer(self.store, self._answers, self._kubelet, self._faults, groups, self.token, context)

    @property
    def url(self) -> str:
        return self.api.url

    @property
    def kubeconfig(self) -> Path:
        """A kubeconfig file whose context, user and namespace are "test"."""
        path = Path(self._folder.name) / "kubeconfig"
        authority = {"certificate-authority": str(path.parent / "ca.crt")} if self.api.tls else {}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": {"server": self.url, **authority}}],
            "users": [{"name": "test", "user": {"token": self.token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test", "namespace": NAMESPACE}}],
            "current-context": "test",
        }
        path.write_text(json.dumps(config), encoding="utf-8")
        return path

    @property
    def run(self) -> Program:
        """What containers do that start from now on."""
        return self._kubelet.program

    @run.setter
    def run(self, program: Program) -> None:
        self._kubelet.program = program

    @property
    def pod_runs(self) -> Counter[str]:
        return self._kubelet.pod_runs

    @property
    def requests(self) -> Counter[tuple[str, str]]:
        return self.api.requests

    @property
    def user_agents(self) -> Counter[str]:
        return self.api.user_agents

    def start(self) -> Kubernetes:
        for controller in self._controllers:
            controller.start()
        self.api.start()
        return self

    def stop(self) -> None:
        self.api.stop()
        for controller in self._controllers:
            controller.stop()
        self._folder.cleanup()

    def client(self) -> ApiClient:
        """The official client, for the test's own questions."""
        from kubernetes import config

        client: ApiClient = config.new_client_from_config(str(self.kubeconfig))
        return client

    def pretend_inside(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let this process find what a pod with a service account finds; only with ``tls``."""
        from kubernetes.config import incluster_config

        folder = Path(self._folder.name)
        (folder / "token").write_text(self.token, encoding="utf-8")
        (folder / "namespace").write_text(NAMESPACE, encoding="utf-8")
        monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(folder / "token"))
        monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(folder / "ca.crt"))
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(self.api.port))
        monkeypatch.delenv("KUBECONFIG", raising=False)

    def objects(self, plural: str, labels: Mapping[str, str] | None = None) -> list[Object]:
        """All objects of a resource in the namespace, with all of these labels."""
        found = self.store.all_of(resource_named(plural), NAMESPACE)
        wanted = (labels or {}).items()
        return copy.deepcopy([it for it in found if wanted <= (it["metadata"].get("labels") or {}).items()])

    def get(self, plural: str, name: str) -> Object | None:
        return copy.deepcopy(self.store.find(resource_named(plural), NAMESPACE, name))

    def create(self, plural: str, item: Mapping[str, Any]) -> Object:
        """Create an object as a client would; a Secret's stringData is taken too."""
        made = copy.deepcopy(dict(item))
        for name, text in made.pop("stringData", {}).items():
            made.setdefault("data", {})[name] = base64.b64encode(text.encode()).decode()
        request = Request("create", resource_named(plural), NAMESPACE, "", "", {}, "application/json", made)
        return copy.deepcopy(self._answers.answer(request)[1])

    def delete(self, plural: str, name: str) -> None:
        """Delete an object and what it owns, as ``kubectl delete`` does."""
        delete(self.store, resource_named(plural), NAMESPACE, name, "Background")

    def log(self, pod: str, container: str = "") -> str:
        """What a pod has printed so far."""
        item = self.store.get(PODS, NAMESPACE, pod)
        log = self._kubelet.log_of(item, container or item["spec"]["containers"][0]["name"])
        return b"".join(piece.text for piece in log.pieces()).decode(errors="replace") if log else ""

    def wait(self, holds: Callable[[], object], seconds: float = 10) -> None:
        """Wait until something holds, or raise AssertionError with the state of all Jobs and pods."""
        ends = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > ends:
                raise AssertionError(f"it does not hold after {seconds} s:\n{self._state()}")
            time.sleep(0.01)

    def _state(self) -> str:
        found = [*self.objects("jobs"), *self.objects("pods")]
        return "\n".join(f"{it['kind']} {it['metadata']['name']}: {json.dumps(it.get('status'))}" for it in found)

    def hold_unschedulable(
        self, message: str = "0/3 nodes are available: 3 Insufficient memory.", match: Match = every_pod
    ) -> Hold:
        return self._holds.add("unschedulable", message, match)

    def hold_creating(self, reason: str, message: str, match: Match = every_pod) -> Hold:
        return self._holds.add("creating", message, match, reason)

    def hold_image_pull(self, message: str = "", match: Match = every_pod) -> Hold:
        return self._holds.add("image", message, match)

    def hold_config_error(self, message: str = 'secret "s3" not found', match: Match = every_pod) -> Hold:
        return self._holds.add("config", message, match)

    def hold_quota(self, message: str = QUOTA, match: Match = every_pod) -> Hold:
        return self._holds.add("quota", message, match)

    def fail(self, verb: str, resource: str, with_: int | str, times: int | None = 1, retry_after: int = 1) -> Fault:
        return self._faults.add(Fault(verb, resource, with_, times, retry_after))

    def forbid(self, verb: str, resource: str) -> Fault:
        return self.fail(verb, resource, 403, None)

    def restart(self, seconds: float = 0.5) -> None:
        self.api.restart(seconds)

    def expire_watches(self) -> None:
        self.store.forget()

    def kill_pod(self, name: str, exit_code: int | None = None, reason: str = "Error") -> None:
        """Evict a pod, or end its containers with an exit code."""
        pod = self.store.get(PODS, NAMESPACE, name)
        if exit_code is not None:
            run = self._kubelet.run_of(pod)
            if run is None:
                raise AssertionError(f"pod {name} does not run")
            run.kill(exit_code, reason)
            return

        def disrupt(item: Object) -> None:
            said = "Eviction API: evicting"
            set_condition(item["status"], "DisruptionTarget", True, "EvictionByEvictionAPI", said)

        self.store.update(PODS, NAMESPACE, name, disrupt)
        self.store.delete(PODS, NAMESPACE, name)

    def __enter__(self) -> Kubernetes:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()
