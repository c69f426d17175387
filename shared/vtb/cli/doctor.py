"""``vtb doctor``: what this machine can do, and what to do about what it cannot."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import click

from vtb import log as vtb_log
from vtb.errors import NotAvailable, VtbError
from vtb.stage.sharding import cpus
from vtb.store import open_store

# What each part of the product needs beyond the library itself: a module to look for, and the extra that brings it.
MODULES = {"generate": "av", "curate": "av", "prepare": "cv2", "train-vlm": "swift", "eval": "transformers",
           "launch": "docker"}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    what: str
    good: bool
    detail: str
    error: VtbError | None = None


@click.command()
@click.option("--store", metavar="URI", help="Also write, read and remove a small object there.")
def doctor(store: str | None) -> None:
    """Check this machine: Python, packages, GPU, Docker, and a store when one is given.

    Exits 3, 4 or 75 when the store does not work, by the reason; whatever else is missing only limits what can run.

    Example: vtb doctor --store s3://bucket/prefix
    """
    vtb_log.configure()
    findings = [*_machine(), *_packages(), _gpu(), _docker()]
    if store:
        findings.append(_try("store", lambda: _store(store)))
    for finding in findings:
        click.echo(f"{'ok     ' if finding.good else 'missing'}  {finding.what:12} {finding.detail}")
    if store and findings[-1].error is not None:
        raise findings[-1].error


def _machine() -> Iterator[Finding]:
    yield Finding("python", True, platform.python_version())
    yield Finding("cpus", True, str(cpus()))


def _packages() -> Iterator[Finding]:
    for extra, module in MODULES.items():
        found = importlib.util.find_spec(module) is not None
        yield Finding(extra, found, "installed" if found else f"pip install 'vtb-train[{extra}]'")


def _gpu() -> Finding:
    if shutil.which("nvidia-smi") is None:
        return Finding("gpu", False, "no NVIDIA driver here; tiny models train on the CPU")
    result = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, check=False)
    return Finding("gpu", result.returncode == 0, "; ".join(result.stdout.splitlines()) or "the driver does not answer")


def _docker() -> Finding:
    def version() -> str:
        from vtb.launch.docker import DockerLauncher

        return DockerLauncher().engine_version()

    return _try("docker", version)


def _try(what: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, check())
    except VtbError as error:
        return Finding(what, False, str(error), error)


def _store(uri: str) -> str:
    store, key = open_store(uri), f".vtb-doctor-{uuid.uuid4().hex}"
    store.put_bytes(key, b"ok")
    try:
        good = store.get_bytes(key) == b"ok"
    finally:
        store.delete([key])
    if not good:
        raise NotAvailable(f"{store.uri}: gives back another content than was written")
    return f"{store.uri} can be written, read and cleaned up"
