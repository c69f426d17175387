"""What SIGTERM and Ctrl-C do to a program, from its first line to its last."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType

CODES = {signal.SIGTERM: 75, signal.SIGINT: 130}
WORDS = {signal.SIGTERM: "stopped by SIGTERM", signal.SIGINT: "interrupted"}
TERMINATION_LOG = "/dev/termination-log"  # Kubernetes shows its content in `kubectl describe pod`
AGAIN_S = 0.1
_IMPORT = "<frozen importlib._bootstrap>"
_FINALIZERS = ("/weakref.py", "/multiprocessing/util.py")  # of Python itself


class Stopped(BaseException):
    """SIGTERM arrived. Not an Exception, so that no handler in between takes it for an ordinary failure."""


def listen() -> None:
    """From here on SIGTERM raises ``Stopped`` and Ctrl-C ``KeyboardInterrupt``, at a place that passes them on."""
    hear(signal.SIGTERM, _raise)
    hear(signal.SIGINT, _raise)
    signal.signal(signal.SIGALRM, _raise)
    sys.unraisablehook = _say_unless_stopped


def settle() -> None:
    """Nothing is left to be stopped: signals change no exit code any more, not even while the interpreter ends."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in CODES:
        signal.signal(number, signal.SIG_IGN)


def stop_message(number: int) -> str:
    """What a program says that a signal has ended."""
    return f"{WORDS[signal.Signals(number)]}; run the same command again to continue"


def hear(number: signal.Signals, handler: object) -> None:
    """Have a handler called; Ctrl-C stays ignored where the shell has said so (a job in the background)."""
    if number != signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN:
        signal.signal(number, handler)  # type: ignore[arg-type]


def leave(number: int, _frame: FrameType | None) -> None:
    """While the program is still being imported there is nothing to clean up, and an exception could be swallowed."""
    line = f"{os.path.basename(sys.argv[0])}: error: {stop_message(number)}\n".encode()
    with contextlib.suppress(OSError):
        os.write(2, line)
        os.write(os.open(TERMINATION_LOG, os.O_WRONLY), line)
    os._exit(CODES[signal.Signals(number)])


_wanted: type[BaseException] = Stopped
_held = False


def _raise(number: int, frame: FrameType | None) -> None:
    """Raise what the signal means, and look again soon: an import or a destructor may have swallowed it."""
    global _wanted
    if number != signal.SIGALRM:
        _wanted = KeyboardInterrupt if number == signal.SIGINT else Stopped
    signal.setitimer(signal.ITIMER_REAL, AGAIN_S)
    if not _held and not _would_be_lost(frame) and (number == signal.SIGINT or not _on_its_way()):
        raise _wanted


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Signals wait meanwhile, for what must not be left half done: a child that is half started complains."""
    global _held
    _held = True
    try:
        yield
    finally:
        _held = False  # what came is raised at the next look


def _would_be_lost(frame: FrameType | None) -> bool:
    """Whether an import or a destructor runs: it would swallow what is raised, and be left half done."""
    while frame is not None:
        file, name = frame.f_code.co_filename, frame.f_code.co_name
        if file == _IMPORT or name == "__del__" or (name == "__call__" and file.endswith(_FINALIZERS)):
            return True
        frame = frame.f_back
    return False


def _say_unless_stopped(unraisable: sys.UnraisableHookArgs) -> None:
    """No traceback of what a callback has swallowed: it is raised again at the next look."""
    if not issubclass(unraisable.exc_type, (Stopped, KeyboardInterrupt)):
        sys.__unraisablehook__(unraisable)


def _on_its_way() -> bool:
    """Whether what runs just now cleans up after such an exception."""
    error = sys.exc_info()[1]
    while error is not None:
        if isinstance(error, (Stopped, KeyboardInterrupt)):
            return True
        error = error.__context__
    return False
