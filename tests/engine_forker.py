"""Imports what its words name, then forks for each line of JSON that it reads, and answers with the process number.

The other side is ``forked_engines.py``.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vtb.diffusion.pipelines import import_engine
from vtb.engine.parent import die_with_parent


def _serve(names: Sequence[str]) -> dict[str, Any] | None:
    """Fork until there is nobody who asks; in a fork, what is to be run, with its output open as 1 and 2."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import_engine()
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
            for stream in (1, 2):
                os.dup2(output, stream)
            os.close(output)
            return task
        os.close(output)
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


def _run(program: str) -> int:
    """Run a module or a script as Python does; its exit code."""
    try:
        if program.endswith(".py"):
            sys.path.append(str(Path(__file__).parent))
            runpy.run_path(program, run_name="__main__")
        else:
            runpy.run_module(program, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else bool(end.code)
    except BaseException:  # noqa: BLE001  told as Python does
        traceback.print_exc()
        return 1
    return 0


def _leave(code: int) -> None:
    """End as Python does, but for freeing all that was imported, which takes a second."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    work = _serve(sys.argv[1:])
    if work is not None:
        _become(work)
        _leave(_run(work["program"]))
