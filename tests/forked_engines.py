"""Engines that start in a moment: a process has imported what they import, and forks for each of them.

Of the seconds in which a tiny model is trained most would go into imports. What runs in the fork is the module that the
stage would have started, with the same words, environment, folder and output, as a child of the same process. Stages
that tests start as processes of their own start their engines as users' do.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from vtb.engine import watch

SERVER = Path(__file__).parent / "engine_forker.py"
_SET_CHILD_SUBREAPER = 36  # of prctl(2)
_OURS = ("vtb.latent.", "vtb.geometry.", "vtb.diffusion.")
_QWEN = ("transformers.models.qwen2_5_vl.modeling_qwen2_5_vl", "transformers.models.qwen3_vl.modeling_qwen3_vl")
# ms-swift changes what it imports; our own engines run without it.
_IMPORTS = {
    "swift": ("swift.pipelines.train.sft", "swift.pipelines.train.rlhf", "swift.trainers", *_QWEN),
    "ours": ("accelerate", "peft", "diffsynth.core", *_QWEN),
}


def imports_of(module: str) -> str | None:
    """Which of the two processes has imported what a module needs, if any has."""
    if module == "vtb_train_vlm.engine":
        return "swift"
    return "ours" if module.startswith(_OURS) else None


class Forked:
    """A started engine, with what ``subprocess.Popen`` says of one."""

    def __init__(self, pid: int, output: int) -> None:
        """Its process, a child of this one, and the end of the pipe from which its output is read."""
        self.pid, self.stdout = pid, os.fdopen(output, "rb")
        self.returncode: int | None = None

    def poll(self, options: int = os.WNOHANG) -> int | None:
        """How it has ended, or None."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, options)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self) -> int:
        """How it ends."""
        code = self.poll(0)
        assert code is not None
        return code

    def send_signal(self, number: int) -> None:
        """To a process that has not been waited for."""
        if self.poll() is None:
            os.kill(self.pid, number)


class Forker:
    """The process that has imported, seen from the one that wants engines."""

    def __init__(self, imports: str) -> None:
        """Begins to import; nobody waits for that."""
        env = {
            **os.environ, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1",
            "HF_DATASETS_OFFLINE": "1", "PYTHONHASHSEED": "0", "PYTHONUNBUFFERED": "1", "PYTHONSAFEPATH": "1",
        }  # fmt: skip
        pipe = subprocess.PIPE
        words = [sys.executable, str(SERVER), *_IMPORTS[imports]]
        self._one_at_a_time = threading.Lock()
        self._process = subprocess.Popen(words, env=env, stdin=pipe, stdout=pipe, text=True, start_new_session=True)

    def start(self, command: Sequence[str], env: Mapping[str, str], cwd: Path) -> Forked:
        """Start ``python -m MODULE WORDS``; the module may be a script's path."""
        read, write = os.pipe()
        task = {
            "program": command[2], "argv": command[3:], "env": dict(env), "cwd": str(cwd), "parent": os.getpid(),
            "output": f"/proc/{os.getpid()}/fd/{write}",
        }  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._one_at_a_time, _taking_orphans():
            print(json.dumps(task), file=self._process.stdin, flush=True)
            pid = int(self._process.stdout.readline())
        os.close(write)
        return Forked(pid, read)

    def close(self) -> None:
        """End it; its engines go on."""
        self._process.kill()
        self._process.communicate()


@contextlib.contextmanager
def _taking_orphans() -> Iterator[None]:
    """Descendants whose parent ends become children of this process meanwhile."""
    libc = ctypes.CDLL(None)
    libc.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        libc.prctl(_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def forker(imports: str) -> Forker:
    """One for each kind of engine."""
    if imports not in _FORKERS:
        _FORKERS[imports] = Forker(imports)
    return _FORKERS[imports]


_FORKERS: dict[str, Forker] = {}


def start_engine(command: Sequence[str], env: Mapping[str, str], cwd: Path) -> subprocess.Popen[bytes] | Forked:
    """As ``vtb.engine.watch.start_engine``."""
    imports = imports_of(command[2]) if command[:2] == [sys.executable, "-m"] else None
    if imports is None or env.get("OMP_NUM_THREADS") != "1" or env["CUDA_VISIBLE_DEVICES"]:
        return _as_a_stage(command, env, cwd)
    return forker(imports).start(command, env, cwd)


_as_a_stage = watch.start_engine


@pytest.fixture(scope="session", autouse=True)
def engines_fork() -> Iterator[None]:
    """Of stages that are called in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watch, "start_engine", start_engine)
        yield
    for each in _FORKERS.values():
        each.close()
