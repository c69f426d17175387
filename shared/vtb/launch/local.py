"""Steps as processes of this machine."""

from __future__ import annotations

import signal
import subprocess
import sys
from types import FrameType

from vtb.launch.pipeline import Step


def run_step(step: Step, store: str) -> int:
    """Run one step to its end and return its exit code; SIGTERM is passed on."""
    command = [sys.executable, "-m", step.installed.module, *step.arguments(store)]
    process = subprocess.Popen(command)

    def pass_on(number: int, _frame: FrameType | None) -> None:
        process.send_signal(number)

    # Ctrl-C reaches the child by itself, as a member of the terminal's process group; we only wait for it.
    old = {signal.SIGTERM: signal.signal(signal.SIGTERM, pass_on), signal.SIGINT: signal.signal(signal.SIGINT, _wait)}
    try:
        return process.wait()
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
        if process.poll() is None:
            process.kill()


def _wait(_number: int, _frame: FrameType | None) -> None:
    """Leave the end to the child."""
