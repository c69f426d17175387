"""How every program starts: signals are heard before anything heavy is imported, and until the last line.

``python -m vtb.program MODULE:COMMAND ARGUMENTS...`` runs a click command; the console scripts do the same. Nothing but
the standard library may be imported here: importing takes most of the time of a short run.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

# Set by a launcher: standard input holds a line of settings, and ends when the launcher does.
LAUNCHER_PIPE = "VTB_LAUNCHER_PIPE"
CODES = {signal.SIGTERM: 75, signal.SIGINT: 130}
WORDS = {signal.SIGTERM: "stopped by SIGTERM", signal.SIGINT: "interrupted"}
TERMINATION_LOG = "/dev/termination-log"  # Kubernetes shows its content in `kubectl describe pod`
AGAIN_S = 0.1
_IMPORT = "<frozen importlib._bootstrap>"


class Stopped(BaseException):
    """SIGTERM arrived. Not an Exception, so that no handler in between takes it for an ordinary failure."""


def start(target: str, arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command (``package.module:name``) with the words of the command line, and leave with its exit code."""
    _hear(signal.SIGTERM, _leave)
    _hear(signal.SIGINT, _leave)
    os.environ["PYTHONSAFEPATH"] = "1"  # what this starts must not import from the working folder
    if os.environ.pop(LAUNCHER_PIPE, None):
        _follow_launcher()
    module, _, name = target.partition(":")
    command = getattr(importlib.import_module(module), name)
    from vtb.stage.main import run

    run(command, arguments)


def main() -> NoReturn:
    """``python -m vtb.program``."""
    if len(sys.argv) < 2:
        sys.exit("usage: python -m vtb.program MODULE:COMMAND ARGUMENTS...")
    target = sys.argv[1]
    sys.argv[:2] = [sys.argv[1].partition(":")[0]]
    start(target, sys.argv[1:])


def listen() -> None:
    """From here on SIGTERM raises ``Stopped`` and Ctrl-C ``KeyboardInterrupt``, at a place that passes them on."""
    _hear(signal.SIGTERM, _raise)
    _hear(signal.SIGINT, _raise)
    signal.signal(signal.SIGALRM, _raise)


def settle() -> None:
    """Nothing is left to be stopped: signals change no exit code any more, not even while the interpreter ends."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in CODES:
        signal.signal(number, signal.SIG_IGN)


def stop_message(number: int) -> str:
    """What a program says that a signal has ended."""
    return f"{WORDS[signal.Signals(number)]}; run the same command again to continue"


def _hear(number: signal.Signals, handler: object) -> None:
    """Ctrl-C stays ignored where the shell has said so (a job in the background)."""
    if number != signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN:
        signal.signal(number, handler)  # type: ignore[arg-type]


def _leave(number: int, _frame: FrameType | None) -> None:
    """While the program is still being imported there is nothing to clean up, and an exception could be swallowed."""
    line = f"{os.path.basename(sys.argv[0])}: error: {stop_message(number)}\n".encode()
    with contextlib.suppress(OSError):
        os.write(2, line)
        os.write(os.open(TERMINATION_LOG, os.O_WRONLY), line)
    os._exit(CODES[signal.Signals(number)])


_wanted: type[BaseException] = Stopped


def _raise(number: int, frame: FrameType | None) -> None:
    """Raise what the signal means, and look again soon: an import or a destructor may have swallowed it."""
    global _wanted
    if number != signal.SIGALRM:
        _wanted = KeyboardInterrupt if number == signal.SIGINT else Stopped
    signal.setitimer(signal.ITIMER_REAL, AGAIN_S)
    if not _importing(frame) and (number == signal.SIGINT or not _on_its_way()):
        raise _wanted


def _importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == _IMPORT:
            return True
        frame = frame.f_back
    return False


def _on_its_way() -> bool:
    """Whether what runs just now cleans up after such an exception."""
    error = sys.exc_info()[1]
    while error is not None:
        if isinstance(error, (Stopped, KeyboardInterrupt)):
            return True
        error = error.__context__
    return False


def _follow_launcher() -> None:
    """Take the settings that the launcher sends, and end as by SIGTERM when the launcher has gone."""
    import json
    import threading

    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            os.kill(os.getpid(), signal.SIGTERM)
            return
        line += byte
    os.environ.update(json.loads(line))
    threading.Thread(target=_end_with_launcher, daemon=True).start()


def _end_with_launcher() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
