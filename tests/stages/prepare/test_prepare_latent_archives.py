"""``vtb-prepare latent --images ARCHIVE``: the same rows as from a folder, and nothing that an archive decides."""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.command_line import files, without_run
from stages.prepare.latent_rows_of_others import comt, prepare, write
from vtb.artifact import read_manifest
from vtb_prepare import latent_archive


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("VTB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Rows beside the folder of their pictures."""
    write(tmp_path / "set" / "TRAIN.jsonl", comt(tmp_path / "set"))
    return tmp_path / "set"


def packed(folder: Path, archive: Path, prefix: str = "") -> Path:
    """The pictures of a folder as a tar, a tar.gz or a zip, with what archives made by hand hold besides."""
    paths = sorted((folder / "images_comt").rglob("*"))
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w") as file:
            for path in paths:
                file.write(path, f"{prefix}{path.relative_to(folder)}")
            file.writestr("__MACOSX/._0.png", b"x")
        return archive
    with tarfile.open(archive, "w:gz" if archive.suffix == ".gz" else "w") as tar:
        for path in [folder / "images_comt", *paths]:
            tar.add(path, f"{prefix}{path.relative_to(folder)}", recursive=False)
        add(tar, "._images_comt", b"x")
    return archive


def add(tar: tarfile.TarFile, name: str, content: bytes = b"", **fields: object) -> None:
    """An entry as somebody wrote it."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    tar.addfile(info, io.BytesIO(content))


def add_all(tar: tarfile.TarFile, *names: str) -> None:
    """Empty files, of whatever names."""
    for name in names:
        add(tar, name)


@pytest.mark.parametrize("name", ["comt.tar", "comt.tar.gz", "comt.zip"])
@pytest.mark.parametrize("prefix", ["", "./"])
def test_an_archive_gives_what_its_folder_gives(tmp_path: Path, data: Path, name: str, prefix: str) -> None:
    archive = packed(data, tmp_path / name, prefix)
    for place, images in (("a", data), ("b", archive)):
        result = prepare(tmp_path / place, data / "TRAIN.jsonl", images)
        assert result.code == 0, result.err
    one, other = (without_run(files(tmp_path / place)) for place in "ab")
    digests = [[entry.digest for entry in read_manifest(str(tmp_path / place)).plan.inputs] for place in ("a", "b")]
    assert digests[0] == digests[1]
    for path in one:
        if path not in ("manifest.json", "plan.json") and not path.endswith(".done.json"):
            assert one[path] == other[path], path


def test_only_what_rows_name_is_unpacked_and_once(tmp_path: Path, data: Path, cache: Path) -> None:
    (data / "images_comt" / "more.png").write_bytes(b"x" * 1000)
    archive = packed(data, tmp_path / "comt.tar.gz")
    assert prepare(tmp_path / "a", data, archive).code == 0
    (place,) = (cache / "pictures").iterdir()
    assert not (place / "images_comt" / "more.png").exists()
    before = place.stat().st_mtime_ns
    assert prepare(tmp_path / "b", data, archive).code == 0
    assert place.stat().st_mtime_ns == before
    assert len(list((cache / "pictures").iterdir())) == 1


WANTED = "images_comt/creation/0.png"
HOSTILE: dict[str, tuple[Callable[[tarfile.TarFile], None], str]] = {
    "up": (lambda tar: add(tar, "images_comt/../../evil.png", b"x"), "leads out of it"),
    "up at once": (lambda tar: add(tar, "../evil.png", b"x"), "leads out of it"),
    "absolute": (lambda tar: add(tar, "/tmp/evil.png", b"x"), "leads out of it"),
    "link": (lambda tar: add(tar, "images_comt", type=tarfile.SYMTYPE, linkname="/"), "is no plain file"),
    "link as a picture": (lambda tar: add(tar, WANTED, type=tarfile.SYMTYPE, linkname="/etc/passwd"), "no plain file"),
    "hard link": (lambda tar: add(tar, WANTED, type=tarfile.LNKTYPE, linkname="/etc/passwd"), "is no plain file"),
    "device": (lambda tar: add(tar, WANTED, type=tarfile.CHRTYPE, devmajor=1, devminor=5), "is no plain file"),
    "pipe": (lambda tar: add(tar, WANTED, type=tarfile.FIFOTYPE), "is no plain file"),
    "a folder as a picture": (lambda tar: add(tar, WANTED, type=tarfile.DIRTYPE), "is a folder, where rows name a"),
    "twice": (lambda tar: add_all(tar, WANTED, WANTED), "File exists"),
    "bomb": (lambda tar: add(tar, "zeros", bytes(1 << 22)), "is it a bomb"),
    "many": (lambda tar: add_all(tar, *(f"f{n}" for n in range(5000))), "is it a bomb"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_tar_is_refused(
    tmp_path: Path, data: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(latent_archive, "ALWAYS", 1 << 21)
    harm, says = HOSTILE[name]
    with tarfile.open(tmp_path / "bad.tar.gz", "w:gz") as tar:
        harm(tar)
        add(tar, "images_comt/creation/1.png", b"x")
    before = sorted(path for path in tmp_path.rglob("*") if cache not in path.parents)
    refused = prepare(tmp_path / "o", data, tmp_path / "bad.tar.gz")
    assert refused.code == 3, refused.err
    (line,) = refused.error_lines
    assert re.search(f"bad.tar.gz: cannot be unpacked .*{says}", line), line
    assert list((cache / "pictures").iterdir()) == []  # nothing half unpacked
    assert sorted(path for path in tmp_path.rglob("*") if cache not in path.parents and path != cache) == [
        path for path in before if path != cache
    ]
    assert not Path("/tmp/evil.png").exists()


def test_a_forged_header_fills_no_memory(tmp_path: Path, data: Path) -> None:
    """A head that says that a name of a terabyte follows, in an archive of a few bytes."""
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 33
    (tmp_path / "bad.tar.gz").write_bytes(gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20)))
    refused = prepare(tmp_path / "o", data, tmp_path / "bad.tar.gz")
    assert (refused.code, "one of its headers is larger than any can be" in refused.err) == (3, True), refused.err


def test_no_end_of_zeros_is_read(tmp_path: Path, data: Path) -> None:
    whole = gzip.decompress(packed(data, tmp_path / "comt.tar.gz").read_bytes())
    (tmp_path / "bad.tar.gz").write_bytes(gzip.compress(whole + bytes(1 << 23)))
    refused = prepare(tmp_path / "o", data, tmp_path / "bad.tar.gz")
    assert (refused.code, "more follows behind its last entry" in refused.err) == (3, True), refused.err


def test_hostile_zips(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latent_archive, "ALWAYS", 1 << 21)
    link = zipfile.ZipInfo(WANTED)
    link.external_attr = 0o120777 << 16
    cases: dict[str, tuple[list[tuple[zipfile.ZipInfo | str, bytes]], str]] = {
        "up": ([("images_comt/../../evil.png", b"x")], "leads out of it"),
        "link": ([(link, b"/etc/passwd")], "is no plain file"),
        "bomb": ([(WANTED, bytes(1 << 24))], "is it a bomb"),
    }
    for name, (members, says) in cases.items():
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as file:
            for member, content in members:
                file.writestr(member, content)
        refused = prepare(tmp_path / "o", data, tmp_path / f"{name}.zip")
        assert (refused.code, says in refused.err) == (3, True), refused.err


def test_damaged_archives(tmp_path: Path, data: Path) -> None:
    whole = packed(data, tmp_path / "comt.tar.gz").read_bytes()
    zipped = packed(data, tmp_path / "comt.zip").read_bytes()
    broken = bytearray(whole)
    broken[len(whole) // 2] ^= 255
    cases = {"cut.tar.gz": whole[: len(whole) // 2], "bits.tar.gz": bytes(broken), "cut.zip": zipped[:-40],
             "words.tar": b"no archive", "empty.tar.gz": b"", "xz.tar.xz": b"\xfd7zXZ\0" + bytes(600)}  # fmt: skip
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
        refused = prepare(tmp_path / "o", data, tmp_path / name)
        assert refused.code == 3, (name, refused.err)
        assert f"{name}: cannot be unpacked" in refused.err, refused.err
    assert not (tmp_path / "o").exists()


def test_an_archive_of_another_root_says_what_it_holds(tmp_path: Path, data: Path) -> None:
    archive = packed(data, tmp_path / "comt.tar", "comt/")
    refused = prepare(tmp_path / "o", data, archive)
    assert refused.code == 3
    assert "holds none of the pictures that the rows name, such as 'images_comt/" in refused.err
    assert "its first file is 'comt/images_comt/" in refused.err
    assert "give the folder below which images_comt/ lies" in refused.err


def test_a_picture_that_an_archive_lacks_is_named_with_its_line(tmp_path: Path, data: Path) -> None:
    archive = packed(data, tmp_path / "comt.tar")
    given = [json.loads(line) for line in (data / "TRAIN.jsonl").read_text().splitlines()]
    given[4]["image_input"] = ["images_comt/gone.png"]
    refused = prepare(tmp_path / "o", write(tmp_path / "rows.jsonl", given), archive)
    assert refused.code == 5
    assert "rows.jsonl, line 5: 'images_comt/gone.png' is not in the archive of pictures" in refused.err


def test_rows_without_pictures_need_none_of_an_archive(tmp_path: Path, data: Path) -> None:
    row = {"text_input": "Two and two?", "image_input": [], "original_final_answer": "4",
           "sequence_plan": [{"type": "text", "content": "4"}]}  # fmt: skip
    result = prepare(tmp_path / "o", write(tmp_path / "rows.jsonl", [row]), packed(data, tmp_path / "comt.tar"))
    assert result.code == 0, result.err
    assert read_manifest(str(tmp_path / "o")).metrics["segments"] == {"0": 1}
