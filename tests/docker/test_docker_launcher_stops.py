"""``vtb run --on docker`` stopped or killed: its container goes with it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from container_steps import containers
from container_steps import images as images  # fixtures
from container_steps import long_run as long_run
from container_steps import names as names
from container_steps import no_container_left as no_container_left
from container_steps import pipeline as pipeline
from container_tools import inspect
from contract.command_line import killed_at_the_end, start
from vtb.launch.docker import DockerLauncher
from vtb.pipeline.reading import read_pipeline
from vtb.signals import Stopped

pytestmark = pytest.mark.docker


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 75), (signal.SIGINT, 130)])
def test_a_signal_removes_the_container(
    number: signal.Signals, code: int, long_run: subprocess.Popen[str], names: tuple[str, str, str], tmp_path: Path
) -> None:
    step = names[0]
    assert len(containers(step)) == 1
    began = time.monotonic()
    os.killpg(long_run.pid, number)
    _, err = long_run.communicate(timeout=60)
    assert long_run.returncode == code, err
    assert time.monotonic() - began < 20
    assert containers(step) == []
    assert "run the same command again to continue" in err
    assert not (tmp_path / "out" / step / "manifest.json").exists()
    assert "Traceback" not in err


def test_a_stop_that_the_starting_program_does_not_hear_ends_it(
    pipeline: Path, names: tuple[str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel drops a signal to the first process of a container that has not said yet that it listens."""
    from docker.models.containers import Container

    start_it = Container.start

    def start_and_be_stopped(container: Container) -> None:
        start_it(container)
        raise Stopped

    monkeypatch.setattr(Container, "start", start_and_be_stopped)
    monkeypatch.setattr(Container, "stop", lambda container, timeout: container.wait(timeout=30))
    with pytest.raises(Stopped):
        DockerLauncher().run_step(read_pipeline(pipeline).steps[0], str(tmp_path / "out"))
    assert containers(names[0]) == []


def test_a_killed_launcher_takes_its_container_with_it(
    long_run: subprocess.Popen[str], pipeline: Path, names: tuple[str, str, str], tmp_path: Path
) -> None:
    (container,) = containers(names[0])
    long_run.kill()
    deadline = time.monotonic() + 30
    while inspect(container)["State"]["Running"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert inspect(container)["State"]["ExitCode"] == 75
    # What is left of it goes with the next run, which goes on where the first one was.
    words = ("--on", "docker", "--store", tmp_path / "out", "--set", f"{names[0]}.count=900000")
    with killed_at_the_end(start("vtb", "run", pipeline, *words)) as again:
        while container in containers(names[0]):
            assert time.monotonic() < deadline + 60
            time.sleep(0.2)
        again.send_signal(signal.SIGTERM)
        again.communicate(timeout=60)
