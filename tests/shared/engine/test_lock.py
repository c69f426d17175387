"""One run trains into an output: on one machine, between machines, after kills, and when two begin at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vtb.engine import lock as module
from vtb.engine.lock import NAME, OutputLock
from vtb.errors import TryAgain
from vtb.store import open_store

if TYPE_CHECKING:
    from buckets import Bucket


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("SETTLE_S", 0.3), ("BEAT_S", 0.2), ("STALE_S", 2.0)):
        monkeypatch.setattr(module, name, seconds)


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.store)])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "folder":
        return str(tmp_path / "out")
    bucket: Bucket = request.getfixturevalue("s3")
    return f"{bucket.uri}/out"


def _lock(uri: str, machine: Path, *, clears: bool = False) -> OutputLock:
    """A run on a machine, which is a folder here."""
    return OutputLock(open_store(uri), machine / "lock", clears=clears)


def test_one_machine(uri: str, tmp_path: Path) -> None:
    with _lock(uri, tmp_path / "a") as first:
        began = time.monotonic()
        with pytest.raises(TryAgain, match=r"another run trains here now .*run the same command again"):
            _lock(uri, tmp_path / "a").__enter__()
        assert time.monotonic() - began < 1
        first.check()
        assert open_store(uri).stat(NAME) is not None
    assert open_store(uri).stat(NAME) is None
    with _lock(uri, tmp_path / "a"):
        pass


def test_two_machines(uri: str, tmp_path: Path) -> None:
    with _lock(uri, tmp_path / "a") as first:
        with pytest.raises(TryAgain, match="another run trains here now"):
            _lock(uri, tmp_path / "b").__enter__()
        first.check()
    with _lock(uri, tmp_path / "b") as second:
        second.check()


@pytest.mark.parametrize("clears", [False, True])
def test_two_that_begin_at_once(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clears: bool) -> None:
    """Neither saw the other before it wrote: the last to write wins, the other learns of it."""
    monkeypatch.setattr(OutputLock, "_wait_for_the_dead", lambda self: None)
    with _lock(uri, tmp_path / "a") as first, _lock(uri, tmp_path / "b", clears=clears) as second:
        assert first.lost.wait(timeout=5)
        with pytest.raises(TryAgain, match="taken over"):
            first.check()
        time.sleep(1)
        second.check()
        assert not second.lost.is_set()
    assert open_store(uri).stat(NAME) is None


def _killed_holder(uri: str, machine: Path) -> None:
    """A run that is killed while it holds the lock."""
    script = (
        "import sys, time; from pathlib import Path; from vtb.engine.lock import OutputLock; "
        "from vtb.store import open_store\n"
        "with OutputLock(open_store(sys.argv[1]), Path(sys.argv[2])): print('up', flush=True); time.sleep(60)"
    )
    words = [sys.executable, "-c", script, uri, str(machine / "lock")]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"up\n"
        os.kill(holder.pid, signal.SIGKILL)
    assert open_store(uri).stat(NAME) is not None


def test_a_killed_run_on_this_machine_blocks_nobody(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STALE_S", 3600.0)
    _killed_holder(uri, tmp_path / "a")
    with _lock(uri, tmp_path / "a") as again:
        again.check()


def test_a_killed_run_elsewhere_blocks_for_a_while(uri: str, tmp_path: Path) -> None:
    _killed_holder(uri, tmp_path / "a")
    began = time.monotonic()
    with _lock(uri, tmp_path / "b") as other:
        other.check()
    assert 1.5 < time.monotonic() - began < 20


def test_a_damaged_lock_is_taken_over(uri: str, tmp_path: Path) -> None:
    for content in (b"", b"[]", b"{", b'{"run": 3}'):
        open_store(uri).put_bytes(NAME, content)
        with _lock(uri, tmp_path / "a") as lock:
            lock.check()


def test_a_node_that_writes_nothing_has_its_folder_alone_on_a_machine(uri: str, tmp_path: Path) -> None:
    """Two runs of one node would share a work folder: its logs, and the file that asks the engine to stop."""

    def node(name: str) -> OutputLock:
        return OutputLock(open_store(uri), tmp_path / "a" / name, main=False)

    with _lock(uri, tmp_path / "a"), node("lock-node1") as first, node("lock-node2"):
        with pytest.raises(TryAgain, match=r"another run trains here now \(on this machine\)"):
            node("lock-node1").__enter__()
        first.check()
    with node("lock-node1"):
        assert open_store(uri).stat(NAME) is None
