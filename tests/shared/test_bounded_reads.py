"""Objects that are larger than they may be are told before they are read, and small ones take no room but their own."""

from __future__ import annotations

import os
import shutil
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract.command_line import TINY, call
from vtb.regular_file import read_regular
from vtb.store import ObjectTooLarge, open_store

if TYPE_CHECKING:
    from buckets import Bucket

HUGE, ROOM = 6 << 30, 64 << 20


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.store)])
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "folder":
        return str(tmp_path / "store")
    bucket: Bucket = request.getfixturevalue("s3")
    return f"{bucket.uri}/store"


def test_no_more_than_is_wanted(uri: str) -> None:
    store = open_store(uri)
    store.put_bytes("a", b"12345")
    assert store.get_bytes("a", limit=5) == b"12345"
    with pytest.raises(ObjectTooLarge, match="a has 5 bytes, more than 4"):
        store.get_bytes("a", limit=4)


@pytest.fixture
def little_memory() -> Iterator[None]:
    """Python takes little more memory than it has."""
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < ROOM


@pytest.mark.usefixtures("little_memory")
def test_a_high_limit_takes_no_memory(tmp_path: Path) -> None:
    """On a machine with less memory than the limit it could not be had."""
    (tmp_path / "a").write_bytes(b"12345")
    assert read_regular(tmp_path / "a", HUGE) == b"12345"
    assert open_store(str(tmp_path)).get_bytes("a") == b"12345"


def grow(path: Path) -> None:
    os.truncate(path, HUGE)  # sparse: takes no room on the disk


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("made")
    line = (*TINY, "--count", "8", "--samples-per-shard", "4")
    assert call("vtb-gen-maze", *line, "--output", place / "shards").code == 0
    assert call("vtb-gen-maze", *line, "--layout", "folder", "--output", place / "folder").code == 0
    return place


CURATE = ("vtb-curate", "--max-bad", "0.9", "--workers", "1", "--output", "{o}", "--input")
PREPARE = ("vtb-prepare", "vlm", "--workers", "1", "--output", "{o}", "--input")
AGAIN = ("vtb-gen-maze", *TINY, "--count", "8", "--samples-per-shard", "4", "--output")


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize(
    ("of", "name", "words"),
    [
        ("shards", "shards/00001.tar", PREPARE), ("shards", "shards/00001.tar", CURATE),
        ("shards", "manifest.json", CURATE), ("shards", "manifest.json", AGAIN),
        ("folder", "shards/00001.jsonl", PREPARE), ("folder", "maze_square/puzzles/*_puzzle.png", PREPARE),
        ("folder", "maze_square/data.json", PREPARE), ("shards", "plan.json", AGAIN),
    ],
)  # fmt: skip
def test_huge_files_in_an_artifact(made: Path, tmp_path: Path, of: str, name: str, words: tuple[str, ...]) -> None:
    place = tmp_path / "in"
    shutil.copytree(made / of, place)
    grow(next(place.glob(name)))
    if name in ("plan.json", "maze_square/data.json"):  # an unfinished artifact, a plain folder
        (place / "manifest.json").unlink()
    if name == "maze_square/data.json":
        (place / "plan.json").unlink()
    done = call(*(word.format(o=tmp_path / "out") for word in words), place)
    assert (done.code, len(done.error_lines)) == (3, 1), done.err
    assert "bytes, more than" in done.err or "is larger" in done.err


@pytest.mark.usefixtures("little_memory")
def test_a_shard_with_a_huge_sidecar_is_made_again(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "shards", tmp_path / "in")
    (tmp_path / "in" / "manifest.json").unlink()
    grow(tmp_path / "in" / "shards" / "00001.tar.done.json")
    assert call(*AGAIN, tmp_path / "in").code == 0
