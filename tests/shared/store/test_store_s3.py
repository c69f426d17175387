"""A bucket as a store, against a real server."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest

import vtb.store.s3
import vtb.store.s3_transfer
from buckets import Bucket, FaultyBucket
from vtb.errors import BadInput
from vtb.store import ObjectInfo, ObjectMissing, download, open_store, upload_tree

pytestmark = pytest.mark.store

_MB = 1_000_000


@pytest.mark.parametrize("prefix", ["", "/pre fix/ü"])
@pytest.mark.parametrize("key", ["a", "folder/with space/ünï ©", "a+b&c=d#f%20"])
@pytest.mark.parametrize("data", [b"", b"x" * 3_000_000])
def test_round_trip(s3: Bucket, tmp_path: Path, prefix: str, key: str, data: bytes) -> None:
    store = open_store(s3.uri + prefix)
    store.put_bytes(key, data)
    assert store.get_bytes(key) == data
    assert store.stat(key) == ObjectInfo(key, len(data))
    store.get_file(key, tmp_path / "out" / "file")
    store.put_file("again", tmp_path / "out" / "file")
    assert store.get_bytes("again") == data
    assert sorted(item.key for item in store.list()) == sorted([key, "again"])
    store.delete([key, "again", "never/was"])
    assert list(store.list()) == []
    assert store.stat(key) is None


def test_a_fresh_bucket_holds_nothing(s3: Bucket) -> None:
    store = open_store(s3.uri + "/p")
    assert store.stat("k") is None
    assert list(store.list()) == []


def test_reading_what_is_not_there_names_it_in_full(s3: Bucket, tmp_path: Path) -> None:
    store = open_store(s3.uri + "/p")
    with pytest.raises(ObjectMissing, match=f"{s3.uri}/p/no/such"):
        store.get_bytes("no/such")
    with pytest.raises(ObjectMissing):
        store.get_file("no/such", tmp_path / "out" / "x")
    assert not list(tmp_path.rglob("*x*")) + list(tmp_path.rglob(".vtb*"))


def test_100_mb_go_in_parts_and_come_in_ranges(
    faulty_s3: FaultyBucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vtb.store.s3_transfer, "_RANGE", 10 << 20)
    monkeypatch.setenv("VTB_S3_TIMEOUT", "20")
    data = os.urandom(_MB) * 100 + b"tail"
    (tmp_path / "in").write_bytes(data)
    store = open_store(faulty_s3.uri)
    store.put_file("big", tmp_path / "in")
    assert faulty_s3.proxy.requests["PUT"] == 6
    store.get_file("big", tmp_path / "out")
    assert faulty_s3.proxy.requests["GET"] == 10
    assert _digest((tmp_path / "out").read_bytes()) == _digest(data)
    assert _digest(store.get_bytes("big")) == _digest(data)
    store.put_bytes("big2", data[: 40 * _MB])
    assert store.stat("big2") == ObjectInfo("big2", 40 * _MB)
    store.get_file("big2", tmp_path / "out2")
    assert (tmp_path / "out2").read_bytes() == data[: 40 * _MB]


def test_connections_are_used_again(faulty_s3: FaultyBucket) -> None:
    store = open_store(faulty_s3.uri)
    for number in range(20):
        store.put_bytes("a", bytes([number]))
        assert open_store(faulty_s3.uri).get_bytes("a") == bytes([number])
    assert faulty_s3.proxy.connections == 1


def test_long_listings_come_in_pages_as_they_are_needed(
    faulty_s3: FaultyBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The server makes a checksum of every file it lists.
    monkeypatch.setenv("VTB_S3_TIMEOUT", "20")
    store = open_store(faulty_s3.uri + "/p")
    folder = faulty_s3.server.root / faulty_s3.name / "p"
    folder.mkdir()
    names = [f"{number:05d} é" for number in range(2300)]
    for name in names:
        (folder / name).touch()
    open_store(faulty_s3.uri).put_bytes("q", b"not below the prefix")
    faulty_s3.proxy.requests.clear()
    found = store.list()
    assert faulty_s3.proxy.requests["GET"] == 0
    first = [next(found).key for _ in range(1000)]
    assert faulty_s3.proxy.requests["GET"] == 1
    assert first + [item.key for item in found] == names
    assert faulty_s3.proxy.requests["GET"] == 3
    assert [item.key for item in store.list("0000")] == names[:10]


def test_a_listing_of_exactly_one_page_ends(faulty_s3: FaultyBucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VTB_S3_TIMEOUT", "20")
    for number in range(1000):
        (faulty_s3.server.root / faulty_s3.name / str(number)).touch()
    assert len(list(open_store(faulty_s3.uri).list())) == 1000


def test_many_objects_are_deleted_in_batches(faulty_s3: FaultyBucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vtb.store.s3, "_PAGE", 3)
    store = open_store(faulty_s3.uri + "/p")
    for number in range(7):
        store.put_bytes(str(number), b"")
    store.delete(iter(str(number) for number in range(7)))
    assert faulty_s3.proxy.requests["POST"] == 3
    assert list(store.list()) == []


def test_trees_there_and_back(s3: Bucket, tmp_path: Path) -> None:
    source = tmp_path / "in"
    for name in ("a", "b/c", "b/d é/e", "b/.vtb-tmp-1"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(name.encode())
    store = open_store(s3.uri)
    keys = upload_tree(store, source, "some/prefix/")
    assert keys == ["some/prefix/a", "some/prefix/b/c", "some/prefix/b/d é/e"]
    below, done = open_store(s3.uri + "/some/prefix"), list[str]()
    download(below, (item.key for item in below.list()), tmp_path / "out", on_done=done.append)
    assert sorted(done) == ["a", "b/c", "b/d é/e"]
    assert all((tmp_path / "out" / name).read_bytes() == name.encode() for name in done)


@pytest.mark.parametrize("key", ["../x", "/x", "a/../../x"])
def test_download_never_leaves_the_folder(s3: Bucket, tmp_path: Path, key: str) -> None:
    store = open_store(s3.uri)
    store.put_bytes("x", b"1")
    with pytest.raises(BadInput, match="refusing to download"):
        download(store, [key], tmp_path / "out")
    assert not list(tmp_path.rglob("*x*"))


def test_an_object_stored_as_compressed_comes_as_it_is(s3: Bucket) -> None:
    from minio import Minio

    host, store = s3.env["S3_ENDPOINT_URL"].removeprefix("http://"), open_store(s3.uri)
    client = Minio(host, s3.env["AWS_ACCESS_KEY_ID"], s3.env["AWS_SECRET_ACCESS_KEY"], secure=False, region="us-east-1")
    client.put_object(s3.name, "z", io.BytesIO(b"\x1f\x8bnot gzip"), 10, metadata={"Content-Encoding": "gzip"})
    assert store.get_bytes("z") == b"\x1f\x8bnot gzip"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
