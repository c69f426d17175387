"""Steps as containers of this machine: read-only, without capabilities, not as root."""

from __future__ import annotations

import os
import signal
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import vtb
from vtb.errors import NotAvailable
from vtb.pipeline import Step
from vtb.program import Stopped
from vtb.store import is_remote, join_uri, open_store

# What a stage may need of this environment; anything else stays outside the container.
PASSED_ON = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "S3_ENDPOINT_URL", "HF_TOKEN", "WANDB_API_KEY",
)  # fmt: skip
KEPT_OUTSIDE = {"VTB_CACHE"}  # a folder of this machine
IMAGE_USER = 1000
STOP_GRACE_S = 60


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
        image, step = self.image(step), with_absolute_paths(step)
        settings = container_settings(step, store)
        try:
            settings["environment"].update(provenance(self._client.images.get(image)))
            return self._run(image, step.arguments(store), settings)
        except self._errors.ImageNotFound as error:
            raise NotAvailable(f"image {image} is not on this machine: build it with `make images`") from error
        except self._errors.APIError as error:
            raise NotAvailable(f"Docker cannot run {image}: {error.explanation}") from error

    def _run(self, image: str, arguments: list[str], settings: dict[str, Any]) -> int:
        # A name of our own finds the container also when a signal comes while the engine is making it.
        name, container = f"vtb-{settings['labels']['vtb.step']}-{uuid.uuid4().hex[:8]}", None
        try:
            with _sigterm_raises():
                container = self._client.containers.create(image, arguments, name=name, **settings)
                output = container.attach(stream=True, stdout=True, stderr=True, logs=True, demux=True)
                container.start()
                for chunk in output:
                    _pass_on(chunk)
                return int(container.wait()["StatusCode"])
        except (KeyboardInterrupt, Stopped):
            if container is not None:
                container.stop(timeout=STOP_GRACE_S)
            raise
        finally:
            with suppress(self._errors.NotFound):
                self._client.containers.get(name).remove(force=True)


def container_settings(step: Step, store: str) -> dict[str, Any]:
    """How the container of a step runs: everything the engine is told but image and command."""
    stage = step.installed.stage
    gpus = stage.resources.gpu and Path("/dev/nvidiactl").exists()
    return {
        "labels": {"vtb.stage.command": stage.slug, "vtb.step": step.name},
        "environment": environment(os.environ),
        "volumes": mounts(step, store),
        "user": user(),
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "tmpfs": {"/tmp": "exec,mode=1777", "/cache": "exec,mode=1777"},
        "shm_size": "1g",
        "network_mode": "host" if any(is_remote(place) for place in (store, *_words(step))) else "none",
        **({"device_requests": [{"Driver": "", "Count": -1, "Capabilities": [["gpu"]]}]} if gpus else {}),
    }


def environment(base: Mapping[str, str]) -> dict[str, str]:
    """Credentials and settings of the stages; nothing of it appears on a command line."""
    ours = {name for name in base if name.startswith("VTB_")} - KEPT_OUTSIDE
    return {name: value for name, value in base.items() if name in PASSED_ON or name in ours}


def provenance(image: Any) -> dict[str, str]:
    """What the manifest says of the image: its digest where a registry gave one, else its id, and its commit."""
    digests = image.attrs.get("RepoDigests") or [image.id]
    revision = (image.labels or {}).get("org.opencontainers.image.revision", "")
    return {"VTB_IMAGE_DIGEST": digests[0], "VTB_REVISION": revision}


def user() -> str:
    """The user in the container: the caller, so that files are theirs; for root, the image's own user."""
    return f"{os.getuid()}:{os.getgid()}" if os.getuid() != 0 else f"{IMAGE_USER}:0"


def mounts(step: Step, store: str) -> dict[str, dict[str, str]]:
    """The local store, writable, and local files that options name, read-only, at the same paths as outside."""
    found = {word: {"bind": word, "mode": "ro"} for word in _words(step) if _is_local_path(word)}
    if not is_remote(store):
        root = open_store(store).uri
        _make_writable(Path(open_store(join_uri(store, step.name)).uri))
        found[root] = {"bind": root, "mode": "rw"}
    return found


def with_absolute_paths(step: Step) -> Step:
    """The step with the files that its options name by where they are: a container runs in a folder of its own."""
    absolute = {name: os.path.abspath(v) if _is_local_path(v) else v for name, v in step.options.items()}
    return replace(step, options=absolute)


def _words(step: Step) -> list[str]:
    return [value for value in step.options.values() if isinstance(value, str)]


def _is_local_path(value: object) -> bool:
    """With a slash: a split called ``test`` is not the folder beside us."""
    return isinstance(value, str) and "/" in value and not is_remote(value) and os.path.exists(value)


def _make_writable(folder: Path) -> None:
    """The step's folder must exist before the engine mounts it, and belong to the container's user."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.getuid() == 0:
            os.chown(folder, IMAGE_USER, 0)
    except OSError as error:
        raise NotAvailable(f"{folder}: cannot be written ({error.strerror}): choose another --store") from error


def _pass_on(chunk: tuple[bytes | None, bytes | None]) -> None:
    for data, stream in zip(chunk, (sys.stdout, sys.stderr), strict=True):
        if data:
            stream.buffer.write(data)
            stream.flush()


@contextmanager
def _sigterm_raises() -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Stopped

    old = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, old)
