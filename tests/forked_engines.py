"""Engines that start in a moment: a process has imported what they import, and forks for each of them.

Of the seconds in which a tiny model is trained most would go into imports. What runs in the fork is the module that the
stage would have started, with the same words, environment, folder and output, as a child of the same process. Stages
that tests start as processes of their own start their engines as users' do.

Run as a script it reads a line of JSON for each engine and answers with its process number; imported, it is the other
side of that.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import gc
import importlib
import json
import os
import runpy
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from vtb.engine import watch

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
        words = [sys.executable, __file__, *_IMPORTS[imports]]
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


@functools.cache
def forker(imports: str) -> Forker:
    """One for each kind of engine."""
    return Forker(imports)


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
    for imports in _IMPORTS if forker.cache_info().currsize else ():
        forker(imports).close()


def _serve(names: Sequence[str]) -> dict[str, Any] | None:
    """Fork until there is nobody who asks; in a fork, what is to be run, with its output open as 1 and 2."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    from vtb.engine.torchvision_cpu import allow_cpu_torchvision

    os.environ["DIFFSYNTH_SKIP_DOWNLOAD"] = "True"
    allow_cpu_torchvision()
    for name in names:
        importlib.import_module(name)
    # Engines collect garbage: a fork would look at all that was imported, and so copy it.
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        task: dict[str, Any] = json.loads(line)
        output = os.open(task["output"], os.O_WRONLY)
        pid = _fork_an_orphan(task["parent"])
        if pid == 0:
            answers.close()
            os.dup2(output, 1)
            os.dup2(output, 2)
        os.close(output)
        if pid == 0:
            return task
        print(pid, file=answers, flush=True)
    return None


def _fork_an_orphan(parent: int) -> int:
    """A fork that is a child of the process which waits for it, and not of this one; 0 in the fork."""
    read, write = os.pipe()
    between = os.fork()
    if between:
        os.waitpid(between, 0)
        pid = int(os.read(read, 20))
    elif pid := os.fork():
        os.write(write, str(pid).encode())
        os._exit(0)
    else:
        while os.getppid() != parent:
            time.sleep(0.001)
    os.close(read)
    os.close(write)
    return pid


def _become(task: dict[str, Any]) -> None:
    """What the stage's start of a process does."""
    from vtb.engine.parent import die_with_parent

    die_with_parent()
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(task["env"])
    os.chdir(task["cwd"])
    sys.argv = [task["program"], *task["argv"]]
    if cache := os.environ.get("HF_DATASETS_CACHE"):
        import datasets

        datasets.config.HF_DATASETS_CACHE = Path(cache)


if __name__ == "__main__":
    work = _serve(sys.argv[1:])
    if work is not None:
        _become(work)
        if work["program"].endswith(".py"):
            sys.path.append(str(Path(__file__).parent))
            runpy.run_path(work["program"], run_name="__main__")
        else:
            runpy.run_module(work["program"], run_name="__main__", alter_sys=True)
