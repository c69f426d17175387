"""Nodes that share a work folder: one fills it, none empties it under another, the last removes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from vtb.engine.work_folder import work_folder

NODE = """
import sys, time; from pathlib import Path; from vtb.engine.work_folder import work_folder
folder, slow = Path(sys.argv[1]), float(sys.argv[2])
def fill():
    with folder.with_name("fills").open("a") as file: file.write("x")
    time.sleep(slow)
    (folder / "checkpoint").write_text("whole")
    return "checkpoint"
with work_folder(folder, fill) as name:
    print((folder / name).read_text(), flush=True)
    sys.stdin.readline()
    print((folder / "checkpoint").read_text(), flush=True)
"""


def node(folder: Path, slow: float = 0) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", NODE, str(folder), str(slow)]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def leave(process: subprocess.Popen[str]) -> None:
    out, _ = process.communicate("\n", timeout=30)
    assert (process.returncode, out) == (0, "whole\n")


def test_the_first_fills_and_the_last_removes(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    nodes = [node(folder, 0.5) for _ in range(3)]
    assert [said(process) for process in nodes] == ["whole\n"] * 3
    assert (tmp_path / "fills").read_text() == "x"
    for process in nodes:
        assert folder.exists()
        leave(process)
    assert not folder.exists()


def test_what_a_killed_one_left_is_not_used(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    with node(folder) as killed:
        assert said(killed) == "whole\n"
        (folder / "old").touch()
        os.kill(killed.pid, signal.SIGKILL)
    with work_folder(folder, lambda: "") as said_now:
        assert said_now == ""
        assert not (folder / "old").exists()
    assert not folder.exists()


def test_a_failure_leaves_its_log(tmp_path: Path) -> None:
    with pytest.raises(KeyError), work_folder(tmp_path / "work", lambda: ""):  # noqa: PT012
        (tmp_path / "work" / "engine.log").touch()
        raise KeyError
    assert (tmp_path / "work" / "engine.log").exists()
    with pytest.raises(OSError, match="no store"), work_folder(tmp_path / "work", _no_store):
        pass
    with work_folder(tmp_path / "work", lambda: "x") as said_now:
        assert said_now == "x"


def _no_store() -> str:
    raise OSError("no store")
