"""``vtb doctor``: what this machine can do, and what to do about what it cannot."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import click

from vtb import log as vtb_log
from vtb.artifact.local import cache_folder
from vtb.errors import NotAvailable, VtbError
from vtb.stage.sharding import cpus
from vtb.store import Store, open_store

# What each part of the product needs beyond the library itself: a module to look for, and the extra that brings it.
MODULES = {"generate": "av", "curate": "av", "prepare": "cv2", "train-vlm": "swift", "train-image": "diffsynth",
           "train-video": "diffsynth", "eval": "transformers", "launch": "docker"}  # fmt: skip


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
    findings = [*_machine(), *_packages(), _gpu(), _docker(), _cache()]
    if store:
        findings.append(_try("store", lambda: _store(store)))
        if findings[-1].error is not None:  # which ends the output, once
            findings[-1] = replace(findings[-1], detail=f"{store} does not work: the error below says why")
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


def _cache() -> Finding:
    """Where copies of remote artifacts and the work of trainers lie, and how much that is."""
    folder = cache_folder()
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        return Finding("cache", False, f"{folder} cannot be written: set VTB_CACHE to a folder that can")
    size = sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())
    return Finding("cache", True, f"{folder}: {size / 1e6:,.1f} MB; may be removed while nothing runs")


def _try(what: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, check())
    except VtbError as error:
        return Finding(what, False, str(error), error)


def _store(uri: str) -> str:
    store, key = open_store(uri), f".vtb-doctor-{uuid.uuid4().hex}"
    try:
        good = _comes_back(store, key)
    except VtbError as error:  # the place is what counts, not the name that chance gave the object
        raise type(error)(str(error).replace(f"/{key}", "")) from error
    if not good:
        raise NotAvailable(f"{store.uri}: gives back another content than was written")
    return f"{store.uri} can be written, read and cleaned up"


def _comes_back(store: Store, key: str) -> bool:
    """Whether what is written can be read, and removed."""
    store.put_bytes(key, b"ok")
    try:
        return store.get_bytes(key) == b"ok"
    finally:
        store.delete([key])
