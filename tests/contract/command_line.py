"""Running commands: in this process, which is fast, or as a shell would.

Other folders import it as ``contract.command_line``.
"""

from __future__ import annotations

import contextlib
import functools
import io
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click
import psutil

from vtb.stage.main import run as run_command

BIN = Path(sys.executable).parent
# A maze that is made in a millisecond.
TINY = ("--size", "9", "--cell-px", "8", "--workers", "1")
TINY_CLIP = ("--video", "--frames", "5", "--clip-size", "64x64")


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def error_lines(self) -> list[str]:
        """The lines that say what went wrong."""
        return [line for line in self.err.splitlines() if ": error: " in line]


@functools.cache
def programs() -> dict[str, click.Command]:
    """The click command of every program."""
    from vtb.cli.main import main

    stages = {f"vtb-{entry.name}": entry.load() for entry in entry_points(group="vtb.stages")}
    return {"vtb": main, **stages}


def call(program: str, *arguments: object, env: Mapping[str, str] | None = None) -> Result:
    """Run a command in this process, through the same door as the console script, with more in the environment."""
    out, err = io.StringIO(), io.StringIO()
    handlers = logging.getLogger().handlers[:]
    reactions = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    hook = sys.unraisablehook
    code: Any = None
    try:
        with patch.dict(os.environ, env or {}), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            run_command(programs()[program], [str(argument) for argument in arguments])
    except SystemExit as leave:
        code = leave.code
    finally:
        for number, reaction in reactions.items():
            signal.signal(number, reaction)
        sys.unraisablehook = hook
        logging.getLogger().handlers[:] = handlers
    return Result(int(code or 0), out.getvalue(), err.getvalue())


def run(program: str, *arguments: object, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Result:
    """Run a console script in a process of its own."""
    line = [str(BIN / program), *(str(argument) for argument in arguments)]
    done = subprocess.run(
        line, env={**os.environ, **(env or {})}, cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )
    return Result(done.returncode, done.stdout, done.stderr)


def start(program: str, *arguments: object, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Start a console script in a session of its own, to be killed or watched."""
    line = [str(BIN / program), *(str(argument) for argument in arguments)]
    environment = {**os.environ, **(env or {})}
    pipe = subprocess.PIPE
    return subprocess.Popen(line, env=environment, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


def session_members(leader: int) -> list[int]:
    """The living processes of the session that a started command leads."""
    return [process.pid for process in psutil.process_iter() if _lives_in(process, leader)]


def _lives_in(process: psutil.Process, leader: int) -> bool:
    try:
        return os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, psutil.Error):
        return False


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def without_run(found: Mapping[str, bytes]) -> dict[str, Any]:
    """The same with the one part of the manifest left out that says when and where an artifact was made."""
    import json

    manifest = json.loads(found["manifest.json"])
    del manifest["run"]
    return {**found, "manifest.json": manifest}


@contextlib.contextmanager
def killed_at_the_end(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """Leave nothing running, whatever a test finds."""
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
