"""How every program starts: signals are heard before anything heavy is imported, and until the last line.

``python -m vtb.program MODULE:COMMAND ARGUMENTS...`` runs a click command; the console scripts do the same. Nothing but
the standard library and ``vtb.signals`` may be imported here: importing takes most of the time of a short run.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from vtb.signals import hear, leave

# Set by a launcher: standard input holds a line of settings, and ends when the launcher does.
LAUNCHER_PIPE = "VTB_LAUNCHER_PIPE"


def start(target: str, arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command (``package.module:name``) with the words of the command line, and leave with its exit code."""
    hear(signal.SIGTERM, leave)
    hear(signal.SIGINT, leave)
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
