"""A training process of our own: it runs no code of a model's folder, and does not outlive the stage."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.engine
# A training that says who it is, and whether a Python file of a model's folder could be imported, and goes on for long.
TRAINING = """
import os, sys, time
from pathlib import Path
from vtb.engine import own_process

def train(job, stop):
    from transformers import dynamic_module_utils
    try:
        dynamic_module_utils.get_cached_module_file(os.path.dirname(sys.argv[1]), "evil.py")
        said = "was imported"
    except ValueError as error:
        said = str(error)
    Path(sys.argv[1] + ".part").write_text(f"{os.getpid()} {said}")
    os.rename(sys.argv[1] + ".part", sys.argv[1])
    time.sleep(100)

own_process.read_job = lambda path, kind: None
own_process.own_process(["job.json"], object, train, prepare=lambda: None)
"""
STAGE = "import subprocess, sys; subprocess.run([sys.executable, '-c', *sys.argv[1:]])"


def lives(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def wait(until: object, seconds: float = 60.0) -> None:
    ends = time.monotonic() + seconds
    while not until():  # type: ignore[operator]
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_no_code_of_a_folder_and_no_longer_life_than_the_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_MODULES_CACHE", str(tmp_path / "modules"))
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "evil.py").write_text("raise SystemExit(9)\n")
    said = tmp_path / "model" / "said"
    with subprocess.Popen([sys.executable, "-c", STAGE, TRAINING, str(said)]) as stage:
        wait(said.exists)
        pid, words = said.read_text().split(" ", 1)
        assert "code in a model's folder is never run" in words
        assert lives(int(pid))
        os.kill(stage.pid, signal.SIGKILL)
    wait(lambda: not lives(int(pid)))
