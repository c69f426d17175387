from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from vtb.engine.complete import COMPLETE, complete_checkpoints, mark_complete, newest_complete_checkpoint
from vtb.engine.launch import STOP_FILE
from vtb.engine.watch import run_engine


def _run(
    script: str, *, stop: threading.Event | None = None, grace_s: float = 10, env: Mapping[str, str] | None = None
) -> tuple[int, list[str]]:
    lines: list[str] = []
    code = run_engine(
        [sys.executable, "-u", "-c", script],
        {**os.environ, **(env or {})},
        Path("/"),
        on_line=lines.append,
        on_poll=lambda: None,
        stop=stop or threading.Event(),
        grace_s=grace_s,
    )
    return code, lines


def test_lines_both_streams_bars_and_code() -> None:
    code, lines = _run(
        "import sys; print('a'); sys.stderr.write('1%\\r2%\\r\\n\\xff'); sys.stderr.flush(); sys.exit(3)"
    )
    assert code == 3
    assert lines[0] == "a"
    assert "1%" in lines
    assert "2%" in lines


def test_sigterm_is_sent_once_and_the_end_awaited() -> None:
    script = (
        "import signal, time; n = []; signal.signal(signal.SIGTERM, lambda *a: n.append(1))\n"
        "print('up')\n"
        "while not n: time.sleep(0.01)\n"
        "time.sleep(0.6); print('asked', len(n))"
    )
    stop = threading.Event()
    threading.Timer(1.0, stop.set).start()
    assert _run(script, stop=stop) == (0, ["up", "asked 1"])


def test_stop_file_instead_of_a_signal(tmp_path: Path) -> None:
    path = tmp_path / "deep" / ".stop"
    path.parent.mkdir()
    path.touch()  # left over: must not stop the new run
    script = (
        "import os, time; there = lambda: os.path.exists(os.environ['VTB_STOP_FILE'])\n"
        "print(there())\n"
        "while not there(): time.sleep(0.01)"
    )
    stop = threading.Event()
    threading.Timer(0.7, stop.set).start()
    assert _run(script, stop=stop, env={STOP_FILE: str(path)}) == (0, ["False"])


def test_group_is_killed_after_the_grace() -> None:
    script = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); print(child.pid)\n"
        "time.sleep(60)"
    )
    stop = threading.Event()
    threading.Timer(0.7, stop.set).start()
    code, lines = _run(script, stop=stop, grace_s=0.5)
    assert code == -9
    _assert_gone(int(lines[0]))


def test_group_is_killed_when_the_parent_fails() -> None:
    seen: list[int] = []

    def fail(line: str) -> None:
        seen.append(int(line))
        raise RuntimeError("the store is gone")

    with pytest.raises(RuntimeError):
        run_engine(
            [sys.executable, "-u", "-c", "import os, time; print(os.getpid()); time.sleep(60)"],
            os.environ,
            Path("/"),
            on_line=fail,
            on_poll=lambda: None,
            stop=threading.Event(),
            grace_s=1,
        )
    _assert_gone(seen[0])


def test_polls_while_the_engine_is_silent() -> None:
    polls: list[float] = []
    run_engine(
        [sys.executable, "-c", "import time; time.sleep(2.5)"],
        os.environ,
        Path("/"),
        on_line=lambda line: None,
        on_poll=lambda: polls.append(time.monotonic()),
        stop=threading.Event(),
        grace_s=1,
    )
    assert len(polls) >= 3


def _assert_gone(pid: int) -> None:
    deadline = time.monotonic() + 5
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _checkpoint(root: Path, step: int) -> Path:
    folder = root / f"checkpoint-{step}"
    (folder / "part").mkdir(parents=True)
    (folder / "weights").write_bytes(b"12345")
    (folder / "part" / "rng").write_bytes(b"1")
    mark_complete(folder, step)
    return folder


def test_only_whole_checkpoints_count(tmp_path: Path) -> None:
    assert newest_complete_checkpoint(tmp_path / "nowhere") is None
    good, newer, torn, gone, unmarked = (_checkpoint(tmp_path, step) for step in (9, 10, 20, 30, 40))
    (torn / "weights").write_bytes(b"1")
    (gone / "part" / "rng").unlink()
    (unmarked / COMPLETE).unlink()
    (tmp_path / "last-checkpoint").symlink_to("checkpoint-40")
    (tmp_path / "checkpoint-x").mkdir()
    assert complete_checkpoints(tmp_path) == [good, newer]
    assert newest_complete_checkpoint(tmp_path) == newer
    (newer / COMPLETE).write_text("{")
    assert newest_complete_checkpoint(tmp_path) == good


def test_kill_nine_takes_the_engine_along(tmp_path: Path) -> None:
    """The one end that no handler sees; the kernel does."""
    engine_script = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    script = (
        "import sys, threading; from pathlib import Path; from vtb.engine.watch import run_engine\n"
        f"run_engine([sys.executable, '-c', {engine_script!r}], {{}}, Path('/'), on_line=print, on_poll=lambda: None,\n"
        "           stop=threading.Event(), grace_s=1)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script]) as stage:
        deadline = time.monotonic() + 30
        while not ((tmp_path / "pid").exists() and (tmp_path / "pid").read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        engine = psutil.Process(int((tmp_path / "pid").read_text()))
        stage.kill()
    engine.wait(timeout=10)
