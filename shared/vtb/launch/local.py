"""Steps as processes of this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

from vtb.pipeline.step import Step
from vtb.program import LAUNCHER_PIPE

PASSED_ON = (signal.SIGTERM, signal.SIGHUP)
PATIENCE_S = 1.0
# A step that a signal ended before it could say so itself, while it was still starting.
CODES = {-signal.SIGTERM: 75, -signal.SIGHUP: 75, -signal.SIGINT: 130}
# `python -m` imports from the working folder first, whatever lies there; `python -P` is not in Python 3.10.
TRYING = ("--dry-run", "--log-format", "text", "--log-level", "error")
START = "import sys; sys.path[:] = [folder for folder in sys.path if folder]; from vtb.program import main; main()"


def command_line(step: Step, store: str) -> list[str]:
    """What runs a step."""
    return [sys.executable, "-c", START, step.installed.target, *step.arguments(store)]


def try_step(step: Step, store: str) -> tuple[int, str]:
    """What the step itself says of its options and inputs: its exit code and what it prints, with nothing written."""
    command = [sys.executable, "-c", START, step.installed.target, *step.arguments(store, *TRYING)]
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, check=False
    )
    return done.returncode, done.stderr


def run_step(step: Step, store: str) -> int:
    """Run one step to its end and return its exit code; signals are passed on, and it ends when this process does."""
    process = _start(command_line(step, store))
    interrupted = False

    def pass_on(number: int, _frame: FrameType | None) -> None:
        process.send_signal(number)

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True

    old = {number: signal.signal(number, pass_on) for number in PASSED_ON}
    old[signal.SIGINT] = signal.signal(signal.SIGINT, interrupt)
    try:
        while True:
            try:
                code = process.wait(PATIENCE_S)
                return CODES.get(code, code)
            except subprocess.TimeoutExpired:
                # Ctrl-C reaches the child by itself, as a member of the terminal's group; `kill -INT` of us does not.
                if interrupted:
                    process.send_signal(signal.SIGINT)
                    interrupted = False
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
        if process.poll() is None:
            process.kill()
        with suppress(BrokenPipeError):
            assert process.stdin is not None
            process.stdin.close()


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """The step with a pipe from here, whose end tells it that this process is gone."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, env={**os.environ, LAUNCHER_PIPE: "1"})
    assert process.stdin is not None
    with suppress(BrokenPipeError):  # it has ended by itself; its exit code says why
        process.stdin.write(json.dumps({}).encode() + b"\n")
        process.stdin.flush()
    return process
