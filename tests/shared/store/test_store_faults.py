"""What a store does when the server, the network or the credentials fail."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from buckets import Bucket, FaultyBucket
from s3_server import S3Server, free_port
from vtb.errors import NotAvailable, TryAgain, VtbError
from vtb.store import Store, download, open_store, s3_client, s3_transfer
from vtb.store.s3 import S3Store

pytestmark = pytest.mark.store

_DATA = os.urandom(1 << 20) * 20
_FAULTS = ["status", "stall", "reset", "cut", "short"]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.WARNING, "vtb.store")
    return caplog


@pytest.mark.parametrize("kind", _FAULTS)
def test_a_read_that_breaks_is_tried_again(
    faulty_s3: FaultyBucket, tmp_path: Path, log: pytest.LogCaptureFixture, kind: str
) -> None:
    store = open_store(faulty_s3.uri)
    store.put_bytes("k", _DATA)
    log.clear()
    faulty_s3.proxy.add(kind, method="GET")
    store.get_file("k", tmp_path / "k")
    assert (tmp_path / "k").read_bytes() == _DATA
    assert [record.name for record in log.records] == ["vtb.store"]
    message = log.records[0].getMessage()
    assert message.startswith(f"{faulty_s3.uri}/k: ")
    assert "; retry 1 of 2 in " in message
    assert faulty_s3.env["AWS_SECRET_ACCESS_KEY"] not in log.text


@pytest.mark.parametrize("kind", ["cut", "reset", "short"])
def test_a_retry_goes_on_where_the_last_try_broke_off(faulty_s3: FaultyBucket, kind: str) -> None:
    store = open_store(faulty_s3.uri)
    store.put_bytes("k", _DATA)
    faulty_s3.proxy.add(kind, times=1, method="GET")
    assert store.get_bytes("k") == _DATA
    assert faulty_s3.proxy.requests["GET"] == 2


@pytest.mark.parametrize("kind", ["status", "stall", "lost"])
@pytest.mark.parametrize("size", [10, len(_DATA)])
def test_a_write_that_breaks_is_tried_again(
    faulty_s3: FaultyBucket, log: pytest.LogCaptureFixture, kind: str, size: int
) -> None:
    store = open_store(faulty_s3.uri)
    faulty_s3.proxy.add(kind, method="PUT")
    store.put_bytes("k", _DATA[:size])
    assert store.get_bytes("k") == _DATA[:size]
    assert len(log.records) == 1
    assert faulty_s3.proxy.requests["PUT"] == (2 if size == 10 else 3)


def test_an_upload_whose_last_answer_was_lost_is_complete(faulty_s3: FaultyBucket) -> None:
    store = open_store(faulty_s3.uri)
    faulty_s3.proxy.add("lost", method="POST", part="uploadId=")
    store.put_bytes("k", _DATA)
    assert store.get_bytes("k") == _DATA
    assert faulty_s3.proxy.requests["POST"] == 3


@pytest.mark.parametrize("kind", _FAULTS)
def test_listing_and_deleting_are_tried_again(faulty_s3: FaultyBucket, kind: str) -> None:
    store = open_store(faulty_s3.uri)
    for key in ("a", "b"):
        store.put_bytes(key, b"1")
    faulty_s3.proxy.add(kind, method="GET")
    assert [item.key for item in store.list()] == ["a", "b"]
    faulty_s3.proxy.add("stall" if kind == "short" else kind, method="POST")
    store.delete(["a", "b"])
    assert list(store.list()) == []


def test_stat_is_tried_again(faulty_s3: FaultyBucket) -> None:
    store = open_store(faulty_s3.uri)
    faulty_s3.proxy.add("status", 2, method="HEAD", status=500)
    assert store.stat("k") is None
    assert faulty_s3.proxy.requests["HEAD"] == 4


@pytest.mark.parametrize("kind", _FAULTS)
def test_giving_up_is_told_in_one_line_within_a_bounded_time(
    faulty_s3: FaultyBucket, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VTB_S3_RETRIES", "2")
    store = open_store(faulty_s3.uri)
    store.put_bytes("k", _DATA)
    faulty_s3.proxy.add(kind, times=99, method="GET")
    started = time.monotonic()
    error = _failure(TryAgain, lambda: store.get_file("k", tmp_path / "k"), faulty_s3)
    assert time.monotonic() - started < 6
    assert f"{faulty_s3.uri}/k" in error
    assert "run the same command again" in error
    assert list(tmp_path.iterdir()) == []
    assert faulty_s3.proxy.requests["GET"] == 2


def test_a_server_that_dies_and_comes_back(
    faulty_s3: FaultyBucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(faulty_s3.uri)
    store.put_bytes("k", _DATA)
    faulty_s3.proxy.die()
    monkeypatch.setattr(s3_client, "_FIRST_WAIT", 0.3)
    back = threading.Timer(0.15, faulty_s3.proxy.start)
    back.start()
    try:
        download(store, ["k"], tmp_path)
    finally:
        back.join()
    assert (tmp_path / "k").read_bytes() == _DATA


def test_a_killed_server_gives_try_again_and_the_next_run_succeeds(
    no_s3_env: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with S3Server() as server:
        for name, value in {**server.env, "VTB_S3_RETRIES": "2"}.items():
            monkeypatch.setenv(name, value)
        server.make_bucket("bucket")
        store = open_store("s3://bucket")
        store.put_bytes("k", b"1")
        server.kill()
        with pytest.raises(TryAgain):
            store.get_bytes("k")
        server.restart()
        assert store.get_bytes("k") == b"1"


def test_an_object_that_changes_while_it_is_read_is_not_mixed(
    faulty_s3: FaultyBucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(faulty_s3.uri)
    store.put_bytes("k", b"a" * len(_DATA))
    monkeypatch.setattr(s3_client, "_FIRST_WAIT", 0.6)
    faulty_s3.proxy.add("cut", method="GET")
    change = threading.Timer(0.3, lambda: store.put_bytes("k", b"b" * len(_DATA)))
    change.start()
    try:
        message = _failure(TryAgain, lambda: store.get_file("k", tmp_path / "k"), faulty_s3)
    finally:
        change.join()
    assert "it changed while it was read" in message
    assert list(tmp_path.iterdir()) == []
    store.get_file("k", tmp_path / "k")
    assert (tmp_path / "k").read_bytes() == b"b" * len(_DATA)


def test_a_server_without_ranges_is_read_from_the_start_again(
    faulty_s3: FaultyBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(faulty_s3.uri)
    store.put_bytes("k", _DATA)
    faulty_s3.proxy.requests.clear()
    faulty_s3.proxy.add("cut", 1, method="GET")
    faulty_s3.proxy.add("whole", 9, method="GET", edit=lambda _: _DATA)
    assert store.get_bytes("k") == _DATA
    assert faulty_s3.proxy.requests["GET"] == 2
    monkeypatch.setattr(s3_transfer, "_RANGE", 4 << 20)
    message = _failure(NotAvailable, lambda: _second_range(store), faulty_s3)
    assert "ignores byte ranges" in message


def _second_range(store: Store) -> None:
    assert isinstance(store, S3Store)
    s3_transfer._fetch_range(store._remote("k"), 4 << 20, 8 << 20, lambda data, offset: None, "")


_OPERATIONS: dict[str, Callable[[Store], object]] = {
    "get": lambda store: store.get_bytes("k"),
    "put": lambda store: store.put_bytes("k", b"1"),
    "put large": lambda store: store.put_bytes("k", _DATA),
    "stat": lambda store: store.stat("k"),
    "list": lambda store: list(store.list()),
    "delete": lambda store: store.delete(["k"]),
}


@pytest.mark.parametrize("name", _OPERATIONS)
@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("AWS_ACCESS_KEY_ID", "WRONGKEY", "correct AWS_ACCESS_KEY_ID"),
        ("AWS_SECRET_ACCESS_KEY", "wrong-secret", "correct AWS_SECRET_ACCESS_KEY"),
        ("", "", "no such bucket"),
    ],
)
def test_what_no_retry_mends_is_told_at_once(
    faulty_s3: FaultyBucket, monkeypatch: pytest.MonkeyPatch, name: str, variable: str, value: str, says: str
) -> None:
    if variable:
        open_store(faulty_s3.uri).put_bytes("k", b"1")
        monkeypatch.setenv(variable, value)
    store = open_store(faulty_s3.uri if variable else f"{faulty_s3.uri}-not")
    message = _failure(NotAvailable, lambda: _OPERATIONS[name](store), faulty_s3)
    assert says in message
    assert store.uri in message
    assert value == "" or value not in message


@pytest.mark.parametrize(
    ("code", "says"),
    [("AccessDenied", "access denied"), ("ExpiredToken", "expired"), ("PermanentRedirect", "AWS_REGION"),
     ("RequestTimeTooSkewed", "clock"), ("SomethingElse", "SomethingElse")],
)  # fmt: skip
def test_refusals_say_what_to_do(faulty_s3: FaultyBucket, code: str, says: str) -> None:
    faulty_s3.proxy.add("status", 9, status=403, code=code)
    assert says in _failure(NotAvailable, lambda: open_store(faulty_s3.uri).get_bytes("k"), faulty_s3)
    assert faulty_s3.proxy.requests["GET"] == 1


def test_an_endpoint_that_no_one_listens_on(s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("VTB_S3_RETRIES", "2")
    message = _failure(TryAgain, lambda: open_store(s3.uri).get_bytes("k"), s3)
    assert os.environ["S3_ENDPOINT_URL"] in message


def test_tls_to_a_server_without_it(s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3_ENDPOINT_URL", s3.env["S3_ENDPOINT_URL"].replace("http:", "https:"))
    assert "http://" in _failure(NotAvailable, lambda: open_store(s3.uri).get_bytes("k"), s3)


def test_a_role_that_cannot_be_assumed(s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/no/such/token")
    assert "service account" in _failure(NotAvailable, lambda: open_store(s3.uri).get_bytes("k"), s3)


def test_a_full_disk_is_not_taken_for_a_bad_network(
    faulty_s3: FaultyBucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    store = open_store(faulty_s3.uri)
    store.put_bytes("k", b"1")
    monkeypatch.setattr(os, "pwrite", full)
    message = _failure(NotAvailable, lambda: store.get_file("k", tmp_path / "k"), faulty_s3)
    assert "no space left" in message
    assert faulty_s3.proxy.requests["GET"] == 1


def _failure(kind: type[VtbError], work: Callable[[], object], bucket: Bucket) -> str:
    with pytest.raises(VtbError) as caught:
        work()
    assert type(caught.value) is kind
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 500
    assert bucket.env["AWS_SECRET_ACCESS_KEY"] not in message
    assert bucket.env["AWS_ACCESS_KEY_ID"] not in message
    return message
