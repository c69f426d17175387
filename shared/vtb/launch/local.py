"""Steps as processes of this machine."""

from __future__ import annotations

import signal
import subprocess
import sys
from types import FrameType

from vtb.pipeline import Step

PASSED_ON = (signal.SIGTERM, signal.SIGHUP)
PATIENCE_S = 1.0
# A step that a signal ended before it could say so itself, while it was still starting.
CODES = {-signal.SIGTERM: 75, -signal.SIGHUP: 75, -signal.SIGINT: 130}


def run_step(step: Step, store: str) -> int:
    """Run one step to its end and return its exit code; signals are passed on."""
    command = [sys.executable, "-m", step.installed.module, *step.arguments(store)]
    process = subprocess.Popen(command)
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
