"""A folder as a store."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vtb.errors import BadInput, NotAvailable
from vtb.store import ObjectInfo, ObjectMissing, download, open_store, upload_tree

_HANG_MID_WRITE = """
import os, sys, time
from vtb.store import files, local, open_store
def half(descriptor, data, offset):
    os.pwrite(descriptor, data[: len(data) // 2], offset)
    print("half", flush=True)
    time.sleep(60)
local.write_all = half
open_store(sys.argv[1]).put_bytes("a/b", b"new" * 1000)
"""


@pytest.mark.parametrize("key", ["a", "folder/with space/ünï ©", "a+b&c=d?e#f%20", "dots/..data/.hidden"])
@pytest.mark.parametrize("data", [b"", b"x" * 3_000_000])
def test_round_trip(tmp_path: Path, key: str, data: bytes) -> None:
    store = open_store(str(tmp_path / "root"))
    store.put_bytes(key, data)
    assert store.get_bytes(key) == data
    assert store.stat(key) == ObjectInfo(key, len(data))
    store.get_file(key, tmp_path / "out" / "file")
    store.put_file("again", tmp_path / "out" / "file")
    assert store.get_bytes("again") == data
    store.delete([key, "again", "never/was"])
    assert list(store.list()) == []
    assert store.stat(key) is None


def test_reading_what_is_not_there_names_it_in_full(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    for read in (store.get_bytes, lambda key: store.get_file(key, tmp_path / "x")):
        with pytest.raises(ObjectMissing, match=f"{tmp_path}/no/such"):
            read("no/such")
    assert not (tmp_path / "x").exists()
    assert list(open_store(str(tmp_path / "nowhere")).list()) == []


def test_listing_is_in_key_order_and_by_prefix_of_the_key(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    keys = ["a-b", "a/b", "a/b0", "a/c/d", "a0", "b", "é"]
    for key in reversed(keys):
        store.put_bytes(key, b"1")
    assert [item.key for item in store.list()] == sorted(keys, key=str.encode)
    assert [item.key for item in store.list("a/b")] == ["a/b", "a/b0"]
    assert [item.key for item in store.list("a/c/")] == ["a/c/d"]
    assert list(store.list("a/x/y")) == []
    with pytest.raises(BadInput):
        store.list("../")


def test_listing_is_lazy_and_survives_a_link_to_an_ancestor(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.put_bytes("a/1", b"")
    store.put_bytes("b/1", b"")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    found = store.list()
    assert next(found).key == "a/1"
    store.delete(["b/1"])
    assert list(found) == []


def test_a_killed_write_leaves_the_old_object_and_no_trace_in_listings(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.put_bytes("a/b", b"old")
    child = subprocess.Popen([sys.executable, "-c", _HANG_MID_WRITE, str(tmp_path)], stdout=subprocess.PIPE, env=_env())
    assert child.stdout is not None
    assert child.stdout.readline() == b"half\n"
    store.sweep(0)
    assert len(list((tmp_path / "a").iterdir())) == 2  # it is still being written to
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert len(list((tmp_path / "a").iterdir())) == 2
    assert list(store.list()) == [ObjectInfo("a/b", 3)]
    assert upload_tree(open_store(str(tmp_path) + "-copy"), tmp_path) == ["a/b"]
    assert store.get_bytes("a/b") == b"old"
    store.sweep(600)
    assert os.listdir(tmp_path / "a") == ["b"]


def test_a_failed_write_removes_its_temporary_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NotAvailable, match="no space left"):
        open_store(str(tmp_path)).put_bytes("a", b"1")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("key", ["", "../x", "a/../../x", "/etc/passwd", "a//b", "a/", ".", "a/./b", "a\nb", "\udcff"])
def test_keys_never_leave_the_root(tmp_path: Path, key: str) -> None:
    store = open_store(str(tmp_path / "root"))
    for use in (
        lambda: store.put_bytes(key, b""),
        lambda: store.get_bytes(key),
        lambda: store.stat(key),
        lambda: store.delete([key]),
        lambda: download(store, [key], tmp_path / "out"),
    ):
        with pytest.raises(BadInput) as caught:
            use()
        assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_temporary_names_are_reserved(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="reserved"):
        open_store(str(tmp_path)).put_bytes("a/.vtb-tmp-1", b"")


def test_a_file_in_place_of_a_folder_is_bad_input(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.put_bytes("a", b"")
    with pytest.raises(BadInput, match="a file stands"):
        store.put_bytes("a/b", b"")
    with pytest.raises(ObjectMissing):
        store.get_bytes("a/b")
    assert store.stat("a/b") is None
    store.delete(["a/b"])
    (tmp_path / "d").mkdir()
    with pytest.raises(BadInput, match="a file stands"):
        store.put_bytes("d", b"")


def test_a_folder_that_cannot_be_written_tells_who_and_what_to_do() -> None:
    # Not even root makes folders in /sys.
    with pytest.raises(NotAvailable) as caught:
        open_store("/sys/vtb-test").put_bytes("a", b"")
    message = str(caught.value)
    assert "/sys/vtb-test" in message
    assert f"user {os.getuid()}" in message
    assert "--user" in message
    assert "\n" not in message


def test_files_get_the_permissions_that_the_user_asked_for(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        open_store(str(tmp_path)).put_bytes("a", b"")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_download_takes_few_keys_ahead_and_reports_each(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "root"))
    store.put_bytes("k", b"1")
    taken, done, ahead = 0, list[str](), list[int]()

    def keys() -> object:
        nonlocal taken
        for _ in range(500):
            taken += 1
            ahead.append(taken - len(done))
            yield "k"

    download(store, keys(), tmp_path / "out", threads=2, on_done=done.append)  # type: ignore[arg-type]
    assert len(done) == 500
    assert max(ahead) <= 8


def test_download_stops_at_the_first_error_of_an_endless_list(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "root"))
    started = time.monotonic()
    with pytest.raises(ObjectMissing):
        download(store, iter(lambda: "missing", None), tmp_path / "out")
    assert time.monotonic() - started < 5


def test_upload_tree_of_no_folder(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no folder"):
        upload_tree(open_store(str(tmp_path)), tmp_path / "none")


def _env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
