"""Packed media come out as they went in, and nothing leads out of the folder."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from vtb.errors import BadInput
from vtb.formats.media_tar import pack, unpack

MEDIA = {"media/00000/000000.png": b"a" * 700, "media/00000/000001.png": b""}


def test_there_and_back(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(pack(MEDIA))
    assert pack(MEDIA) == pack(dict(MEDIA))
    unpack(tmp_path / "a.tar", tmp_path / "out")
    found = {path.relative_to(tmp_path / "out").as_posix(): path.read_bytes()
             for path in (tmp_path / "out").rglob("*.png")}  # fmt: skip
    assert found == MEDIA


@pytest.mark.parametrize(
    "name", ["../out.png", "a/../../out.png", "media/../../../out.png", "/tmp/out.png", "a//b.png"]
)
def test_no_way_out(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.tar").write_bytes(pack({name: b"x"}))
    with pytest.raises(BadInput, match="cannot be unpacked"):
        unpack(tmp_path / "a.tar", tmp_path / "in" / "out")
    assert not (tmp_path / "out.png").exists()
    assert not (tmp_path / "in" / "out.png").exists()


def test_links_lead_nowhere(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        link = tarfile.TarInfo("media/link.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    (tmp_path / "a.tar").write_bytes(buffer.getvalue())
    with pytest.raises(BadInput):
        unpack(tmp_path / "a.tar", tmp_path / "out")


@pytest.mark.parametrize("data", [b"", b"no tar", pack(MEDIA)[:600]])
def test_damaged_archives(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.tar").write_bytes(data)
    with pytest.raises(BadInput, match="make the artifact again"):
        unpack(tmp_path / "a.tar", tmp_path / "out")
