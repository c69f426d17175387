"""The life of one pod on its node."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from in_memory_kubernetes.container_log import ContainerLog, Stopped
from in_memory_kubernetes.environment import ConfigError, MountError, environment_of, mounted_files
from in_memory_kubernetes.events import record
from in_memory_kubernetes.pod_status import (
    KILLED,
    finished,
    restarting,
    running,
    scheduled_on,
    terminated,
    unschedulable,
    waiting,
)
from in_memory_kubernetes.resources import PODS
from in_memory_kubernetes.statuses import ApiError
from in_memory_kubernetes.store import Object, now

if TYPE_CHECKING:
    from in_memory_kubernetes.kubelet import Kubelet

NODE = "in-memory-node"
TERMINATED = 143
_addresses = itertools.count(2)


class PodRun(threading.Thread):
    """Schedules a pod, starts its containers and says how they end.

    Attributes:
        logs: The output of each container's newest start.
    """

    def __init__(self, kubelet: Kubelet, pod: Object) -> None:
        super().__init__(name=f"pod {pod['metadata']['name']}", daemon=True)
        self.kubelet = kubelet
        self.store = kubelet.store
        self.pod = pod
        self.logs: dict[str, ContainerLog] = {}
        self._stopping = threading.Event()
        self._deadline = float("inf")
        self._forced: tuple[int, str] | None = None

    def stop(self, grace: float) -> None:
        """Have the pod end: SIGTERM now, SIGKILL after the grace period; a shorter one may follow."""
        self._deadline = min(self._deadline, time.monotonic() + grace / self.kubelet.speed)
        self._stopping.set()
        for log in list(self.logs.values()):
            log.stopping.set()

    def kill(self, code: int, reason: str) -> None:
        """Have the containers end now, with this exit code and reason."""
        self._forced = (code, reason)
        self.stop(0)

    def run(self) -> None:
        try:
            if self._schedule():
                self._start_all()
            self._update(finished(killed=self._stopping.is_set()))
        except ApiError as error:
            _raise_unless_gone(error)
        finally:
            for log in self.logs.values():
                log.end()
        if self._stopping.is_set() and not self._forced:
            self._remove()

    def _schedule(self) -> bool:
        if hold := self.kubelet.holds.of(self.pod, "unschedulable"):
            said = hold.message
            self._update(unschedulable(said))
            self._event("Warning", "FailedScheduling", said, "default-scheduler")
            if not self._wait_for(hold.released.is_set):
                return False
        self._update(scheduled_on(NODE, next(_addresses)))
        meta = self.pod["metadata"]
        said = f"Successfully assigned {meta['namespace']}/{meta['name']} to {NODE}"
        self._event("Normal", "Scheduled", said, "default-scheduler")
        return True

    def _start_all(self) -> None:
        """Run the init containers one after another, then the others side by side."""
        for container in self.pod["spec"].get("initContainers") or []:
            if not self._run_container(container, "initContainerStatuses"):
                return

        def run(container: dict[str, Any]) -> None:
            try:
                self._run_container(container, "containerStatuses")
            except ApiError as error:
                _raise_unless_gone(error)

        threads = [
            threading.Thread(target=run, args=(it,), name=f"{self.name} {it['name']}", daemon=True)
            for it in self.pod["spec"]["containers"]
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _run_container(self, container: dict[str, Any], key: str) -> bool:
        """Run a container until it has ended for good; say whether it succeeded."""
        for failures in itertools.count():
            if not self._create_sandbox(container) or not self._pull(container, key):
                return False
            log = self._prepare(container, key)
            if log is None:
                return False
            code = self._run_once(container, key, log)
            policy = self.pod["spec"]["restartPolicy"]
            if code == 0 or policy == "Never" or self._stopping.is_set():
                return code == 0
            wait = min(self.kubelet.backoff * 2**failures, 60 * self.kubelet.backoff)
            said = f"back-off {wait:g}s restarting failed container={container['name']}"
            self._update(restarting(key, container["name"], said))
            if self._stopping.wait(wait):
                return False
        return False

    def _create_sandbox(self, container: dict[str, Any]) -> bool:
        """Mount the volumes, and whatever else has to be there before an image is pulled."""
        while not self._stopping.is_set():
            try:
                if hold := self.kubelet.holds.of(self.pod, "creating"):
                    self._event("Warning", hold.reason, hold.message)
                    return self._wait_for(hold.released.is_set)
                mounted_files(self.store, self.pod, container)
                return True
            except MountError as error:
                self._event("Warning", "FailedMount", str(error))
                self._stopping.wait(0.05)
        return False

    def _pull(self, container: dict[str, Any], key: str) -> bool:
        hold = self.kubelet.holds.of(self.pod, "image")
        if hold is None:
            return not self._stopping.is_set()
        image = container["image"]
        said = hold.message or f'failed to pull and unpack image "{image}": not found'
        self._update(waiting(key, container["name"], "ErrImagePull", said))
        self._event("Warning", "Failed", f'Failed to pull image "{image}": {said}')
        if self._stopping.wait(self.kubelet.backoff):
            return False
        said = f'Back-off pulling image "{image}": ErrImagePull: {said}'
        self._update(waiting(key, container["name"], "ImagePullBackOff", said))
        self._event("Normal", "BackOff", f'Back-off pulling image "{image}"')
        return self._wait_for(hold.released.is_set)

    def _prepare(self, container: dict[str, Any], key: str) -> ContainerLog | None:
        """The environment, as soon as everything it names is there."""
        while not self._stopping.is_set():
            try:
                if hold := self.kubelet.holds.of(self.pod, "config"):
                    raise ConfigError(hold.message)
                env = environment_of(self.store, self.pod, container)
                return ContainerLog(container, env, mounted_files(self.store, self.pod, container))
            except ConfigError as error:
                self._update(waiting(key, container["name"], "CreateContainerConfigError", str(error)))
                self._event("Warning", "Failed", f"Error: {error}")
                self._stopping.wait(0.05)
        return None

    def _run_once(self, container: dict[str, Any], key: str, log: ContainerLog) -> int:
        self.logs[container["name"]] = log
        self.kubelet.pod_runs[self.pod["metadata"]["name"]] += 1
        name, started, identity = container["name"], now(), f"containerd://{secrets.token_hex(32)}"
        self._update(running(key, name, started, identity))
        self._event("Normal", "Started", f"Container started: {name}")
        code, reason = self._execute(log)
        message = log.message
        if not message and code and container.get("terminationMessagePolicy") == "FallbackToLogsOnError":
            message = log.tail
        ended = {
            "exitCode": code, "reason": reason, "startedAt": started, "finishedAt": now(), "containerID": identity,
            **({"message": message} if message else {}),
        }  # fmt: skip
        self._update(terminated(key, name, ended))
        log.end()
        return code

    def _execute(self, log: ContainerLog) -> tuple[int, str]:
        """Call the program in a thread, and give it up when it does not end in time."""
        result: list[int] = []

        def call() -> None:
            try:
                result.append(self.kubelet.program(self.pod, log))
            except Stopped:
                result.append(TERMINATED)

        if self._stopping.is_set():
            log.stopping.set()
        worker = threading.Thread(target=call, name=f"{self.name} {log.container['name']}", daemon=True)
        worker.start()
        while worker.is_alive() and time.monotonic() < self._deadline:
            worker.join(min(0.02 if self._stopping.is_set() else 0.1, max(0, self._deadline - time.monotonic())))
        if worker.is_alive() or self._forced:
            log.killed.set()
            worker.join(2 if self._forced else 0.2)
            code, reason = self._forced or (KILLED, "Error")
            return code, reason
        if not result:  # the program raised: a fault of the test
            log.write("the program of this container raised an exception\n")
        code = result[0] if result else 1
        return code, "Completed" if code == 0 else "Error"

    def _remove(self) -> None:
        meta = self.pod["metadata"]
        found = self.store.find(PODS, meta["namespace"], meta["name"])
        if found and found["metadata"]["uid"] == meta["uid"] and "deletionTimestamp" in found["metadata"]:
            self.store.delete(PODS, meta["namespace"], meta["name"], 0)

    def _wait_for(self, there: Callable[[], bool]) -> bool:
        """Wait until something holds; False when the pod is to end before."""
        while not there():
            if self._stopping.wait(0.02):
                return False
        return True

    def _update(self, edit: Callable[[Object], None]) -> None:
        meta = self.pod["metadata"]
        self.pod = self.store.update(PODS, meta["namespace"], meta["name"], edit)

    def _event(self, type_: str, reason: str, message: str, source: str = "kubelet") -> None:
        record(self.store, PODS, self.pod, type_, reason, message, source)


def _raise_unless_gone(error: ApiError) -> None:
    """A pod that is no more needs nothing said of it."""
    if error.code != 404:
        raise error
