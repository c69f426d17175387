"""A signal that comes while a child is being started waits until it has started."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import os, signal, sys, time
from vtb.signals import Stopped, held, listen
listen()
try:
    with held():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.3)
        print("not yet", flush=True)
    time.sleep(5)
    print("lost")
except Stopped:
    print("stopped")
    signal.setitimer(signal.ITIMER_REAL, 0)
"""


def test_a_signal_waits_and_is_not_lost() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout.split("\n")[:2] == ["not yet", "stopped"], done.stderr
