"""WebDataset shards: read back as written, by everyone, and damage costs no more than it must."""

from __future__ import annotations

import contextlib
import hashlib
import io
import itertools
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtb.formats.webdataset import DamagedTar, Sample, read_tar, write_tar

SAMPLES = [
    Sample(f"maze-{number:03d}", {"json": b'{"n": %d}' % number, "puzzle.png": bytes([number]) * 700, "empty": b""})
    for number in range(5)
]
DATA = write_tar(SAMPLES)

keys = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=40)
extensions = st.sampled_from(["json", "puzzle.png", "solution.mp4", "x"])
parts = st.dictionaries(extensions, st.binary(max_size=1500), min_size=1)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.dictionaries(keys, parts, max_size=6))
def test_round_trip(content: dict[str, dict[str, bytes]]) -> None:
    samples = [Sample(key, data) for key, data in content.items()]
    assert list(read_tar(write_tar(samples))) == samples


def test_others_can_read_it() -> None:
    with tarfile.open(fileobj=io.BytesIO(DATA)) as archive:
        members = archive.getmembers()
        assert [member.name for member in members[:3]] == ["maze-000.json", "maze-000.puzzle.png", "maze-000.empty"]
        assert archive.extractfile(members[1]).read() == bytes(700)  # type: ignore[union-attr]
        assert {(member.mtime, member.uid, member.mode) for member in members} == {(0, 0, 0o644)}
    assert len(DATA) % 512 == 0


def test_hugging_face_can_load_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (tmp_path / "a.tar").write_bytes(DATA)
    loaded = datasets.load_dataset(
        "webdataset", data_files={"train": str(tmp_path / "a.tar")}, cache_dir=str(tmp_path / "cache"), split="train"
    )
    assert loaded["__key__"] == [sample.key for sample in SAMPLES]
    assert [row["n"] for row in loaded["json"]] == list(range(5))


def test_the_bytes_never_change() -> None:
    assert hashlib.sha256(DATA).hexdigest() == "9d1e49e0d3c06402bc0b7348c8ad10be2f58fdf364bc4087a08ed171b94799e6"


def test_folders_links_and_foreign_names_are_passed_over() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        folder = tarfile.TarInfo("some/folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        link = tarfile.TarInfo("some/folder/b.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        for name in ("some/folder/a.json", "../../a.puzzle.png"):
            info = tarfile.TarInfo(name)
            info.size = 2
            archive.addfile(info, io.BytesIO(b"{}"))
    assert list(read_tar(buffer.getvalue())) == [Sample("a", {"json": b"{}", "puzzle.png": b"{}"})]


def read_all(data: bytes) -> tuple[list[Sample], bool]:
    """The samples that are given, and whether damage is told after them."""
    found: list[Sample] = []
    try:
        found.extend(read_tar(data))  # one after the other: what came before the damage stays
    except DamagedTar:
        return found, True
    return found, False


@pytest.mark.parametrize("length", [1, 511, 512, 600, 1024, 2000, 3000, len(DATA) // 2, len(DATA) - 3000])
def test_a_shard_that_ends_too_early_gives_what_is_whole(length: int) -> None:
    found, _ = read_all(DATA[:length])
    assert len(found) < 5
    assert found[:-1] == SAMPLES[: max(0, len(found) - 1)]


def test_a_member_that_is_cut_is_told() -> None:
    assert read_all(DATA[: 512 * 3 + 100]) == ([], True)


def test_a_damaged_header_is_told_after_the_samples_before_it() -> None:
    size = len(write_tar(SAMPLES[:2])) - 1024
    assert read_all(DATA[:size] + b"\xff" * 512 + DATA[size + 512 :]) == (SAMPLES[:1], True)


@pytest.mark.parametrize("data", [b"", b"garbage", b"\x1f\x8b" + bytes(600), b"x" * 5000])
def test_garbage_is_no_tar(data: bytes) -> None:
    with pytest.raises(DamagedTar):
        list(read_tar(data))


def with_size(size: str, kind: bytes) -> bytes:
    """A tar whose second member claims a size, as Python's own reader understands it, and is of a kind."""
    start = len(write_tar(SAMPLES[:1])) - 1024
    header = bytearray(DATA[start : start + 512])
    header[124:136] = size.encode().rjust(11) + b"\0"
    header[156:157] = kind
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + 8 * ord(" ") + sum(header[156:]))
    return DATA[:start] + bytes(header) + DATA[start + 512 :]


@pytest.mark.parametrize("kind", [b"0", b"Z", b"7", b"x", b"L", b"5", b"S"])
@pytest.mark.parametrize("size", ["-1000", "-1", "-7777777", "77777777777"])
def test_an_absurd_size_ends(size: str, kind: bytes) -> None:
    assert len(list(itertools.islice(_until_damage(with_size(size, kind)), 50))) < 10


def _until_damage(data: bytes) -> Iterator[Sample]:
    with contextlib.suppress(DamagedTar):
        yield from read_tar(data)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, len(DATA) - 1), st.integers(0, 255)), max_size=8), st.integers(0, len(DATA)))
def test_damage_raises_nothing_else(changes: list[tuple[int, int]], length: int) -> None:
    data = bytearray(DATA)
    for place, value in changes:
        data[place] = value
    assert len(read_all(bytes(data[:length]))[0]) <= 15
