"""A shard that is read in parts is fetched once, and only the wanted pictures are decoded."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.command_line import TINY, call
from vtb.datasets import asked
from vtb.datasets.readers import chunks, describe_input, read_chunk
from vtb.media.image import Image, decode_image
from vtb.store.local import LocalStore


def test_parts_of_a_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("vtb-gen-maze", *TINY, "--count", "8", "--output", tmp_path / "m").code == 0
    (chunk,) = chunks(describe_input(str(tmp_path / "m")))
    fetched, decoded = list[str](), list[int]()
    get = LocalStore.get_bytes

    def counted_get(self: LocalStore, key: str, limit: int) -> bytes:
        fetched.append(key)
        return get(self, key, limit)

    def counted_decode(data: bytes) -> Image:
        decoded.append(len(data))
        return decode_image(data)

    monkeypatch.setattr(LocalStore, "get_bytes", counted_get)
    monkeypatch.setattr(asked, "decode_image", counted_decode)
    keys = [loaded.key for start in range(0, 8, 2) for loaded in read_chunk(chunk, start, start + 2)]
    assert keys == [f"maze_square-09-{index:07d}" for index in range(8)]
    assert fetched == ["shards/00000.tar"]
    assert len(decoded) == 8


@pytest.mark.parametrize("layout", ["shards", "folder"])
@pytest.mark.parametrize(("start", "stop", "count"), [(0, None, 5), (2, 4, 2), (3, 99, 2), (5, 6, 0)])
def test_ranges(tmp_path: Path, layout: str, start: int, stop: int | None, count: int) -> None:
    line = (*TINY, "--count", "5", "--layout", layout, "--output", tmp_path / "m")
    assert call("vtb-gen-maze", *line).code == 0
    (chunk,) = chunks(describe_input(str(tmp_path / "m")))
    found = [loaded.example.index for loaded in read_chunk(chunk, start, stop)]
    assert found == list(range(start, start + count))
