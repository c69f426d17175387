"""Progress for a terminal, for a log, and for Argo."""

from __future__ import annotations

import fcntl
import logging
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import BIN, TINY, call
from vtb import progress
from vtb.progress import Progress


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for every update."""
    monkeypatch.setattr(progress, "LINE_EVERY_S", 0.0)
    monkeypatch.setattr(progress, "FIRST_LINE_S", 0.0)


@pytest.mark.usefixtures("at_once")
def test_lines(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "vtb"), Progress(10, "samples", done=4) as bar:
        bar.update(6)
        bar.update(10)
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2
    assert re.fullmatch(r"samples: 6/10 \(\d+\.\d/s, \d+ s left\)", lines[0])
    assert lines[1].startswith("samples: 10/10")


def test_lines_are_rare(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "vtb"), Progress(1000, "samples") as bar:
        for done in range(1, 1001):
            bar.update(done)
    assert caplog.records == []


def test_the_first_line_comes_soon(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when nothing is finished yet; then they are rare."""
    now = [100.0]
    monkeypatch.setattr("vtb.progress.time.monotonic", lambda: now[0])
    said: list[Any] = []
    with caplog.at_level(logging.INFO, "vtb"), Progress(10, "samples") as bar:
        for second in range(1, 71):
            now[0] = 100.0 + second
            bar.update(0)
            said += [second] if len(caplog.records) > len(said) else []
    assert said == [5, 35, 65]
    assert caplog.messages[0] == "samples: 0/10 (0.0/s)"


@pytest.mark.usefixtures("at_once")
def test_what_is_left_is_told_by_what_follows_the_first(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training that goes on at step 500: a minute until its first step, then 10 s each."""
    now = [100.0]
    monkeypatch.setattr("vtb.progress.time.monotonic", lambda: now[0])
    with caplog.at_level(logging.INFO, "vtb"), Progress(600, "steps", done=500, warms_up=True) as bar:
        for seconds, done in ((30, 500), (30, 501), (10, 502), (10, 503), (1, 510)):
            now[0] += seconds
            bar.update(done)
    assert caplog.messages == [
        "steps: 500/600 (0.0/s)",
        "steps: 501/600 (0.0/s)",
        "steps: 502/600 (10 s each, 980 s left)",
        "steps: 503/600 (10 s each, 970 s left)",
        "steps: 510/600 (0.4/s, 210 s left)",
    ]


@pytest.mark.usefixtures("at_once")
def test_argo_reads_n_of_m(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "progress"
    monkeypatch.setenv("ARGO_PROGRESS_FILE", str(file))
    seen = []
    with Progress(10, "samples", done=4) as bar:
        seen.append(file.read_text())
        bar.update(7)
        seen.append(file.read_text())
        bar.done = 10
    seen.append(file.read_text())
    assert seen == ["4/10\n", "7/10\n", "10/10\n"]
    assert [path.name for path in tmp_path.iterdir()] == ["progress"]


def test_nothing_to_do_is_not_told_to_argo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGO_PROGRESS_FILE", str(tmp_path / "progress"))
    with Progress(0, "samples"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("ARGO_PROGRESS_FILE", str(tmp_path / "nowhere" / "progress"))
    with caplog.at_level(logging.INFO, "vtb"), Progress(2, "samples") as bar:
        bar.update(2)
    assert [record.getMessage() for record in caplog.records if "not told to Argo" in record.getMessage()] != []
    assert len(caplog.records) == 1


def test_a_stage_tells_argo_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGO_PROGRESS_FILE", str(tmp_path / "progress"))
    assert call("vtb-gen-maze", *TINY, "--count", "3", "--output", tmp_path / "o").code == 0
    assert (tmp_path / "progress").read_text() == "3/3\n"


def test_a_terminal_gets_a_bar(tmp_path: Path) -> None:
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    line = [str(BIN / "vtb-gen-maze"), *TINY, "--count", "20", "--output", str(tmp_path / "o")]
    done = subprocess.run(line, stdout=subprocess.PIPE, stderr=follower, check=True)
    os.close(follower)
    shown = b""
    try:
        while block := os.read(leader, 65536):
            shown += block
    except OSError:  # the terminal's other end is closed
        pass
    finally:
        os.close(leader)
    assert b"samples: 100%" in shown
    assert b"20/20" in shown
    assert done.stdout.decode() == f"{tmp_path / 'o'}\n"
