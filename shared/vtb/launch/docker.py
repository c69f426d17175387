"""Steps as containers of this machine: read-only, without capabilities, not as root."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import vtb
from vtb.errors import NotAvailable
from vtb.launch.container import container_settings, provenance, secrets, with_absolute_paths
from vtb.launch.local import TRYING
from vtb.pipeline.step import Step
from vtb.signals import Stopped
from vtb.store import join_uri

STOP_GRACE_S = 60
Chunk = tuple[bytes | None, bytes | None]


class DockerLauncher:
    """Runs steps through the Docker engine that the environment names."""

    def __init__(self, tag: str | None = None, registry: str | None = None) -> None:
        """Connect; a missing engine is ``NotAvailable``."""
        try:
            import docker
        except ImportError as error:
            raise NotAvailable(
                "--on docker needs the Python package docker: pip install 'vtb-train[launch]'"
            ) from error
        self._errors = docker.errors
        try:
            self._client = docker.from_env()
            self._client.ping()
        except self._errors.DockerException as error:
            raise NotAvailable("no Docker engine answers: start Docker, or set DOCKER_HOST") from error
        self._tag, self._registry = tag or vtb.__version__, registry

    def engine_version(self) -> str:
        """The version of the engine."""
        return str(self._client.version()["Version"])

    def image(self, step: Step) -> str:
        """The image of a step, with registry and tag."""
        name = f"{step.installed.stage.image}:{self._tag}"
        return f"{self._registry.rstrip('/')}/{name}" if self._registry else name

    def run_step(self, step: Step, store: str) -> int:
        """Run one step to its end and return its exit code; its output is passed on, its container is removed."""
        step = with_absolute_paths(step)
        self._sweep(step, store)
        return self._run(step, step.arguments(store), container_settings(step, store), _pass_on)

    def try_step(self, step: Step, store: str) -> tuple[int, str]:
        """What the step itself says of its options and inputs: exit code and standard error, with nothing written."""
        step, said = with_absolute_paths(step), list[bytes]()
        settings = container_settings(step, store, write=False)
        code = self._run(step, step.arguments(store, *TRYING), settings, lambda chunk: said.append(chunk[1] or b""))
        return code, b"".join(said).decode(errors="replace")

    def _run(self, step: Step, arguments: list[str], settings: dict[str, Any], pass_on: Callable[[Chunk], None]) -> int:
        image = self.image(step)
        try:
            settings["environment"].update(provenance(self._client.images.get(image)))
            return self._run_container(image, arguments, settings, secrets(step, arguments, os.environ), pass_on)
        except self._errors.ImageNotFound as error:
            raise NotAvailable(f"image {image} is not on this machine: build it with `make images`") from error
        except self._errors.APIError as error:
            raise NotAvailable(f"Docker cannot run {image}: {error.explanation}") from error

    def _run_container(
        self, image: str, arguments: list[str], settings: dict[str, Any], given: Mapping[str, str],
        pass_on: Callable[[Chunk], None],
    ) -> int:  # fmt: skip
        name, container = f"vtb-{settings['labels']['vtb.step']}-{uuid.uuid4().hex[:8]}", None
        pipe: Any = None
        try:
            with _undisturbed():
                container = self._client.containers.create(image, arguments, name=name, **settings)
            # Open as long as this process lives: its end is the end of the container's standard input.
            attached = container.attach_socket(params={"stdin": 1, "stream": 1})
            pipe = getattr(attached, "_sock", attached)
            output = container.attach(stream=True, stdout=True, stderr=True, logs=True, demux=True)
            container.start()
            pipe.sendall(json.dumps(given).encode() + b"\n")
            for chunk in output:
                pass_on(chunk)
            return int(container.wait()["StatusCode"])
        except (KeyboardInterrupt, Stopped):
            if pipe is not None:  # the end of this ends the program, too: a signal is lost on one that just starts
                with suppress(OSError):
                    pipe.shutdown(socket.SHUT_RDWR)
            if container is not None:
                container.stop(timeout=STOP_GRACE_S)
            raise
        finally:
            with suppress(self._errors.NotFound):
                self._client.containers.get(name).remove(force=True)

    def _sweep(self, step: Step, store: str) -> None:
        """Remove the containers of this step whose launcher was killed; they have ended when it did."""
        ended = {"label": f"vtb.output={join_uri(store, step.name)}", "status": "exited"}
        for container in self._client.containers.list(all=True, filters=ended):
            with suppress(self._errors.APIError):  # another launcher is as far as we are
                container.remove()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals wait: an engine that is left alone while it makes a container ends up with one that nobody removes."""
    held = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT, signal.SIGALRM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


def _pass_on(chunk: tuple[bytes | None, bytes | None]) -> None:
    for data, stream in zip(chunk, (sys.stdout, sys.stderr), strict=True):
        if data:
            stream.buffer.write(data)
            stream.flush()
