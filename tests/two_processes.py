"""Runs a training in two processes that exchange gradients, as torchrun starts them, without its own start."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from forked_engines import Forked, forker
from s3_server import free_port

PATIENCE_S = 300


def in_two_processes(program: str | Path, *words: object) -> None:
    """Run a module or a script twice, side by side; both must end well."""
    env = {
        **os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1", "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()),
    }  # fmt: skip
    line = [sys.executable, "-m", str(program), *map(str, words)]
    ranks = [{"RANK": rank, "LOCAL_RANK": rank} for rank in "01"]
    both = [forker("ours").start(line, {**env, **rank}, Path.cwd()) for rank in ranks]
    with ThreadPoolExecutor(2) as readers:
        said = [readers.submit(process.stdout.read) for process in both]
        _wait_for(both)
    output = b"\n".join(each.result() for each in said).decode()[-5000:]
    assert [process.returncode for process in both] == [0, 0], output


def _wait_for(both: Sequence[Forked]) -> None:
    """Until both have ended; one that fails, or is too slow, takes the other with it."""
    deadline = time.monotonic() + PATIENCE_S
    while None in (codes := [process.poll() for process in both]):
        if any(codes) or time.monotonic() > deadline:
            for process in both:
                process.send_signal(signal.SIGKILL)
        time.sleep(0.02)
