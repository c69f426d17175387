"""How the container of a step runs: what it may see, do and know of this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vtb.errors import NotAvailable
from vtb.pipeline.step import Step
from vtb.program import LAUNCHER_PIPE
from vtb.stage.describe import env_prefix
from vtb.stage.registry import MODEL
from vtb.store import is_remote, join_uri, open_store

# What a step gets of this environment; anything else stays outside the container. Credentials do not go into the
# container's settings, which everybody who may ask the engine can read, but through its standard input.
STORE = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "S3_ENDPOINT_URL", "VTB_S3_RETRIES", "VTB_S3_TIMEOUT",
)  # fmt: skip
EVERY_STAGE = ("VTB_GRACE_S",)
WEB = ("http://", "https://")  # no store, but the address of a service
IMAGE_USER = 1000


def container_settings(step: Step, store: str, *, write: bool = True) -> dict[str, Any]:
    """How the container of a step runs: everything the engine is told but image and command."""
    stage = step.installed.stage
    gpus = stage.resources.gpu and Path("/dev/nvidiactl").exists()
    return {
        "labels": {
            "vtb.stage.command": stage.slug, "vtb.step": step.name, "vtb.output": join_uri(store, step.name),
        },
        "environment": {LAUNCHER_PIPE: "1", **environment(step, os.environ)},
        "stdin_open": True,
        "volumes": mounts(step, store, write=write),
        "user": user(),
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "tmpfs": {"/tmp": "exec,mode=1777", "/cache": "exec,mode=1777"},
        "shm_size": "1g",
        "network_mode": "host" if any(map(is_remote, (store, *_words(step)))) else "none",
        **({"device_requests": [{"Driver": "", "Count": -1, "Capabilities": [["gpu"]]}]} if gpus else {}),
    }  # fmt: skip


def environment(step: Step, base: Mapping[str, str]) -> dict[str, str]:
    """The settings of the step's own command."""
    own = env_prefix(step.installed.stage.command) + "_"
    return {name: value for name, value in base.items() if name.startswith(own) or name in EVERY_STAGE}


def secrets(step: Step, arguments: Sequence[str], base: Mapping[str, str]) -> dict[str, str]:
    """Credentials: the store's where something of the step is remote, and those that the stage says it may use."""
    store = STORE if any(is_remote(word) and not word.startswith(WEB) for word in arguments) else ()
    return {name: value for name, value in base.items() if name in (*store, *step.installed.stage.credentials)}


def provenance(image: Any) -> dict[str, str]:
    """What the manifest says of the image: its digest where a registry gave one, else its id, and its commit."""
    digests = image.attrs.get("RepoDigests") or [image.id]
    revision = (image.labels or {}).get("org.opencontainers.image.revision", "")
    return {"VTB_IMAGE_DIGEST": digests[0], "VTB_REVISION": revision}


def user() -> str:
    """The user in the container: the caller, so that files are theirs; for root, the image's own user."""
    return f"{os.getuid()}:{os.getgid()}" if os.getuid() != 0 else f"{IMAGE_USER}:0"


def mounts(step: Step, store: str, *, write: bool = True) -> dict[str, dict[str, str]]:
    """The local store, and local files that options and inputs name, read-only, at the same paths as outside."""
    found = {path: {"bind": path, "mode": "ro"} for word in _words(step) if (path := _local_path(word))}
    if not is_remote(store):
        root = open_store(store).uri
        if write:
            _make_writable(Path(open_store(join_uri(store, step.name)).uri))
        if os.path.isdir(root):
            found[root] = {"bind": root, "mode": "rw" if write else "ro"}
    return found


def with_absolute_paths(step: Step) -> Step:
    """The step with the files that its options name by where they are: a container runs in a folder of its own.

    The name of a model that a server has stays as it is, even where a folder is called the same.
    """

    def absolute(value: Any) -> Any:
        if isinstance(value, list):
            return [absolute(entry) for entry in value]
        return (_local_path(value) if isinstance(value, str) else None) or value

    names = (MODEL,) if step.installed.served else ()
    options = {name: value if name in names else absolute(value) for name, value in step.options.items()}
    return replace(step, options=options)


def _words(step: Step) -> list[str]:
    """The words of a step that may be places: values of options, and inputs that no step makes."""
    values = [entry for value in step.options.values() for entry in (value if isinstance(value, list) else [value])]
    return [value for value in values if isinstance(value, str)] + [place for _, place in step.places]


def _local_path(word: str) -> str | None:
    """Where the file or folder lies that a word names; with a slash, since a split ``test`` is no folder here."""
    if "/" not in word or is_remote(word):
        return None
    path = os.path.abspath(open_store(word).uri if word.startswith("file:") else word)
    return path if os.path.exists(path) else None


def _make_writable(folder: Path) -> None:
    """The step's folder must exist before the engine mounts it, and belong to the container's user."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.getuid() == 0:
            os.chown(folder, IMAGE_USER, 0)
    except OSError as error:
        raise NotAvailable(f"{folder}: cannot be written ({error.strerror}): choose another --store") from error
