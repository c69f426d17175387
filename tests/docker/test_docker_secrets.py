"""What the container of a step may do, and that nobody sees the secrets of the store."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from container_steps import containers, digests
from container_steps import images as images  # fixtures
from container_steps import long_run as long_run
from container_steps import names as names
from container_steps import no_container_left as no_container_left
from container_steps import pipeline as pipeline
from container_tools import docker, inspect
from contract.command_line import killed_at_the_end, run, start
from vtb.store import open_store

if TYPE_CHECKING:
    from buckets import Bucket

pytestmark = pytest.mark.docker


@pytest.mark.store
def test_same_digests_on_s3_and_no_secret_seen(
    pipeline: Path, names: tuple[str, str, str], s3: Bucket, tmp_path: Path
) -> None:
    seen: list[str] = []
    with watching(lambda: seen.extend(command_lines(s3.env["AWS_SECRET_ACCESS_KEY"], "vtb.program vtb_"))):
        done = run("vtb", "run", pipeline, "--on", "docker", "--store", f"{s3.uri}/run")
    assert done.code == 0, done.err
    assert run("vtb", "run", pipeline, "--on", "local", "--store", tmp_path / "local").code == 0
    assert digests(f"{s3.uri}/run", names) == digests(str(tmp_path / "local"), names)
    assert any("vtb.program vtb_" in line for line in seen)  # the watch saw the containers' processes
    assert not [line for line in seen if s3.env["AWS_SECRET_ACCESS_KEY"] in line]
    assert s3.env["AWS_SECRET_ACCESS_KEY"] not in done.out + done.err


def command_lines(*parts: str) -> list[str]:
    """Command lines of this machine, those in containers too, that show one of these."""
    lines = []
    for process in psutil.process_iter():
        try:
            lines.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return [line for line in lines if any(part in line for part in parts)]


class watching:  # noqa: N801 -- reads as a verb
    """Does something again and again while a block runs."""

    def __init__(self, look: Callable[[], None]) -> None:
        self._look, self._end = look, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._end.wait(0.1):
            self._look()

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()


def test_logs_are_streamed_and_the_container_may_do_little(
    long_run: subprocess.Popen[str], names: tuple[str, str, str]
) -> None:
    """The first log line of the step was read while it goes on."""
    (container,) = containers(names[0])
    about = inspect(container)
    host, secret = about["HostConfig"], os.environ["AWS_SECRET_ACCESS_KEY"]
    assert about["State"]["Running"] is True
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert (host["NetworkMode"], host["Privileged"]) == ("none", False)
    assert not about["Config"]["User"].startswith("0")
    assert about["Config"]["Labels"]["vtb.stage.command"] == "gen-maze"
    assert secret not in str(about)
    assert command_lines(secret) == []
    long_run.send_signal(signal.SIGTERM)
    long_run.communicate(timeout=60)


@pytest.mark.store
def test_credentials_of_the_store_are_not_in_the_settings(
    pipeline: Path, names: tuple[str, str, str], s3: Bucket
) -> None:
    words = ("--on", "docker", "--store", f"{s3.uri}/run", "--set", f"{names[0]}.count=900000", "--only", names[0])
    seen: list[str] = []
    with killed_at_the_end(start("vtb", "run", pipeline, *words)) as process:
        deadline = time.monotonic() + 60
        while not any(info.key.endswith(".tar") for info in open_store(f"{s3.uri}/run").list()):
            assert time.monotonic() < deadline
            # Of those that are listed, the one that only tries the options may be gone when it is looked at.
            seen += [found.out for each in containers(names[0]) if (found := docker("inspect", each)).code == 0]
            time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert seen
    assert not [about for about in seen if s3.env["AWS_SECRET_ACCESS_KEY"] in about]
