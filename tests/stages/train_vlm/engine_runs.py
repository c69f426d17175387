"""Runs the engine for a test and collects what it left."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vtb.engine.curves import read_log
from vtb.engine.launch import STOP_FILE, train_log
from vtb.engine.watch import run_engine
from vtb_train_vlm.job import Job
from vtb_train_vlm.swift_command import command, environment


@dataclass
class Run:
    """What an engine run left: exit code, output, rows of its log."""

    code: int
    lines: list[str]
    output_dir: Path
    rows: list[dict[str, Any]] = field(default_factory=list)


def train(job: Job, stop_at: int | None = None, by_signal: bool = False) -> Run:
    """Runs the engine; asks it to stop once the log has reached a step."""
    # One thread: the matrices are tiny, and the machine may be busy.
    env = environment(job, {**os.environ, "OMP_NUM_THREADS": "1"}, "cpu")
    if by_signal:
        del env[STOP_FILE]
    stop, lines = threading.Event(), list[str]()

    def look() -> None:
        rows = read_log(train_log(job.output_dir))
        if stop_at is not None and rows and rows[-1]["step"] >= stop_at:
            stop.set()

    code = run_engine(command(job, "cpu"), env, Path("/"), on_line=lines.append, on_poll=look, stop=stop, grace_s=60)
    return Run(code, lines, job.output_dir, read_log(train_log(job.output_dir)))
