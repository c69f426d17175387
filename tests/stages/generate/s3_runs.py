"""Runs of ``vtb-gen-maze`` into S3 that something disturbs, and what they leave there."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from contract.command_line import Result, files, killed_at_the_end, session_members, start, without_run
from faulty_proxy import Fault, FaultyProxy
from s3_server import S3Server

MAZE = "vtb-gen-maze"
# 48 samples in 12 shards, each made in a moment.
LINE = ("--size", "9", "--cell-px", "8", "--count", "48", "--samples-per-shard", "4",
        "--video", "--frames", "5", "--clip-size", "64x64")  # fmt: skip
OBJECTS = 1 + 12 * 2 + 5 + 1


def objects(folder: Path) -> dict[str, bytes]:
    """What the server has below a prefix, read from its disk; uploads that are under way are no objects."""
    return {name: data for name, data in files(folder).items() if not name.endswith(".partial")}


def count(folder: Path) -> int:
    return sum(1 for path in folder.rglob("*") if path.is_file())


def wait_for_objects(process: subprocess.Popen[str], folder: Path, wanted: int, seconds: float = 60) -> bool:
    """Wait until so many objects are there; false when the process has ended before."""
    deadline = time.monotonic() + seconds
    while count(folder) < wanted:
        if ended(process, 0.005):
            return False
        assert time.monotonic() < deadline
    return not ended(process, 0)


def ended(process: subprocess.Popen[str], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def nobody_is_left(leader: int, seconds: float = 15) -> bool:
    """Whether every process of a session ends by itself within some seconds."""
    deadline = time.monotonic() + seconds
    while members := session_members(leader):
        psutil.wait_procs([psutil.Process(pid) for pid in members if psutil.pid_exists(pid)], timeout=0.1)
        if time.monotonic() > deadline:
            return False
    return True


def finished(process: subprocess.Popen[str]) -> Result:
    out, err = process.communicate(timeout=120)
    return Result(process.returncode, out, err)


def check_what_is_marked_as_done(found: dict[str, bytes], whole: dict[str, Any]) -> None:
    """An object that is there is whole, and nothing is called complete before all is there."""
    for name, data in found.items():
        if name != "manifest.json":
            assert data == whole[name], name
    if "manifest.json" in found:
        assert without_run(found) == whole


@contextmanager
def held_run(proxy: HoldingProxy, uri: str, **env: str) -> Iterator[subprocess.Popen[str]]:
    """A run that is certainly in its middle: a proxy holds the upload of one shard back until it is told otherwise."""
    proxy.add("stall", method="PUT", part="shards/00008.tar")
    line = (MAZE, *LINE, "--workers", "2", "--output", uri)
    with killed_at_the_end(start(*line, env={"S3_ENDPOINT_URL": proxy.url, "VTB_S3_TIMEOUT": "60", **env})) as process:
        while not proxy.holding.wait(0.1):
            assert not ended(process, 0)
        yield process


class HoldingProxy(FaultyProxy):
    """A proxy that says when it holds a request back."""

    def __init__(self, upstream: str) -> None:
        super().__init__(upstream)
        self.holding = threading.Event()

    def take(self, method: str, path: str) -> Fault | None:
        fault = super().take(method, path)
        if fault is not None and fault.kind == "stall":
            self.holding.set()
        return fault


@dataclass
class Held:
    """A server of the test's own, a proxy before it, and the folder of what is written."""

    server: S3Server
    proxy: HoldingProxy
    folder: Path
    uri: str = "s3://bucket/o"
