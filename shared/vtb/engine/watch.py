"""Runs an engine process and watches it: its output, its checkpoints, and the end we may have to ask for."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from vtb.engine.launch import STOP_FILE
from vtb.engine.parent import dying_with_me

_POLL_S = 1.0
# Processes that outlive the engine may hold its output open; we do not wait for them longer than this.
_LINGER_S = 5.0


class Stop(Protocol):
    """What tells us to stop, such as a ``threading.Event``."""

    def is_set(self) -> bool:
        """Says whether to stop."""


def run_engine(
    command: Sequence[str],
    env: Mapping[str, str],
    cwd: Path,
    *,
    on_line: Callable[[str], None],
    on_poll: Callable[[], None],
    stop: Stop,
    grace_s: float,
) -> int:
    """Runs the engine to its end and returns its exit code (negative: the signal that ended it).

    Args:
        command: What to run; gets a process group of its own.
        env: Its whole environment. If it names a stop file, that is how the engine is asked to stop; else SIGTERM.
        cwd: Where to run it.
        on_line: Gets each line of its output.
        on_poll: Called about once a second, whatever the engine does, from the calling thread.
        stop: Set from outside to have the engine save and stop.
        grace_s: Seconds it then has, before the whole group is killed.
    """
    stop_path = env.get(STOP_FILE)
    if stop_path:
        # One left over from an earlier run would stop this one at its first step.
        Path(stop_path).unlink(missing_ok=True)
        Path(stop_path).parent.mkdir(parents=True, exist_ok=True)
    process = start_engine(command, env, cwd)
    try:
        return _Watch(process, on_line, on_poll, _asking(process, stop_path)).until_end(stop, grace_s)
    finally:
        _kill_group(process)


def start_engine(command: Sequence[str], env: Mapping[str, str], cwd: Path) -> subprocess.Popen[bytes]:
    """Starts the engine in a process group of its own, to be killed when the calling thread ends."""
    return subprocess.Popen(
        command,
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=dying_with_me(),
    )


def _asking(process: subprocess.Popen[bytes], stop_path: str | None) -> Callable[[], None]:
    if stop_path:
        return Path(stop_path).touch
    return lambda: process.send_signal(signal.SIGTERM)


class _Watch:
    def __init__(
        self,
        process: subprocess.Popen[bytes],
        on_line: Callable[[str], None],
        on_poll: Callable[[], None],
        ask: Callable[[], None],
    ) -> None:
        self._process = process
        self._on_line = on_line
        self._on_poll = on_poll
        self._ask = ask
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        # A thread reads, so that a silent engine does not keep us from polling, nor a chatty one from blocking itself.
        self._reader = threading.Thread(target=self._read, daemon=True)

    def until_end(self, stop: Stop, grace_s: float) -> int:
        self._reader.start()
        asked_at: float | None = None
        next_poll = time.monotonic()
        while self._process.poll() is None:
            now = time.monotonic()
            if asked_at is None and stop.is_set():
                asked_at = now
                self._ask()
            if asked_at is not None and now - asked_at > grace_s:
                _kill_group(self._process)
                break
            if now >= next_poll:
                self._on_poll()
                next_poll = time.monotonic() + _POLL_S
            self._pass_on(until=min(next_poll, now + _POLL_S / 4))
        code = self._process.wait()
        self._finish()
        return code

    def _read(self) -> None:
        assert self._process.stdout is not None
        # Text mode's universal newlines also cut at the carriage returns of progress bars.
        with open(self._process.stdout.fileno(), encoding="utf-8", errors="replace", closefd=False) as text:
            for line in text:
                self._lines.put(line.rstrip("\n"))

    def _pass_on(self, until: float) -> None:
        """Hands lines over as they come, for a moment."""
        while (left := until - time.monotonic()) > 0:
            try:
                self._on_line(self._lines.get(timeout=left))
            except queue.Empty:
                return

    def _finish(self) -> None:
        self._reader.join(timeout=_LINGER_S)
        while not self._lines.empty():
            self._on_line(self._lines.get())
        self._on_poll()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kills the engine with all it started, so that none holds a GPU or a port after us."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
