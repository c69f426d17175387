"""No engine outlives what started it, not even a kill -9: it would hold a GPU and a port that nobody knows of."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
# Loaded once here: between fork and exec only the call itself is safe.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Has the kernel kill this process when the thread that started it ends; also after an exec. Linux alone has it."""
    if _LIBC is not None:
        _LIBC.prctl(_SET_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0)


def dying_with_me() -> Callable[[], None]:
    """Returns what a child of this process has to call first, for ``preexec_fn``."""
    parent = os.getpid()

    def prepare() -> None:
        die_with_parent()
        if os.getppid() != parent:  # it ended before the kernel was told
            os._exit(1)

    return prepare
