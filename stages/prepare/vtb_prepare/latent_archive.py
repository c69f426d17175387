"""Pictures out of somebody's archive: only the files that rows name, into a folder of the cache that is made for it.

Nothing of an archive decides where something is written: names that lead out, links and devices are refused, no file is
written twice, and an archive that unpacks to many times its size is broken off. Pictures hardly compress.
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO, cast

from vtb.artifact.local import cache_folder, made_whole
from vtb.artifact.output import file_sha256
from vtb.errors import BadInput
from vtb.store.files import os_errors

MOST_TIMES, ALWAYS = 20, 1 << 30  # of its own size, and bytes that any archive may hold
_ENTRY = 512  # bytes of the head of an entry, however small
_FILLING = 1 << 22  # bytes behind the last entry
_HEADER = 1 << 24  # bytes that are read at once; only a forged header asks for more
_IN_THE_WAY = (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG)  # of one member that of another
_DAMAGE = (
    tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, OverflowError, RuntimeError,
)  # fmt: skip


class Refused(ValueError):
    """What the archive holds is nothing to unpack."""


@dataclass(frozen=True)
class Member:
    """One entry: its name, its size, whether it is a plain file or a folder, and what opens it."""

    name: str
    size: int
    plain: bool
    folder: bool
    open: Callable[[], IO[bytes]]


def unpacked(archive: Path, wanted: Collection[str]) -> Path:
    """A folder with those of the wanted files that an archive holds; it is made once.

    Raises:
        BadInput: the archive is damaged, holds none of them, or something that must not be unpacked.
    """
    names = hashlib.sha256("\0".join(sorted(wanted)).encode(errors="replace")).hexdigest()
    place = cache_folder() / "pictures" / f"{file_sha256(archive)}-{names[:16]}"
    if not place.is_dir():
        with made_whole(place) as part, os_errors(place):
            _unpack(archive, set(wanted), part)
    return place


def _unpack(archive: Path, wanted: set[str], folder: Path) -> None:
    limit = max(ALWAYS, MOST_TIMES * archive.stat().st_size)
    try:
        with _members(archive) as members:
            found, other = _write_wanted(members, wanted, folder, limit)
    except (*_DAMAGE, OSError) as error:
        if isinstance(error, OSError) and error.errno not in (None, *_IN_THE_WAY):  # the disk's, not the archive's
            raise
        raise BadInput(
            f"{archive}: cannot be unpacked ({error}): unpack it yourself, look at it, and give its folder"
        ) from error
    if wanted and not found:
        raise BadInput(
            f"{archive}: holds none of the pictures that the rows name, such as {min(wanted)!r}; its first file is "
            f"{other[:200]!r}: unpack it and give the folder below which {min(wanted).split('/')[0]}/ lies"
        )


def _write_wanted(members: Iterator[Member], wanted: set[str], folder: Path, limit: int) -> tuple[int, str]:
    """How many of the wanted files there were, and the name of the first other one."""
    total, found, other = 0, 0, ""
    for member in members:
        name, total = checked_name(member), total + member.size + _ENTRY
        if total > limit:
            raise Refused(f"it holds more than {limit} bytes, far more than its size: is it a bomb?")
        if name in wanted:
            _write(member, folder / name)
            found += 1
        elif not member.folder:
            other = other or name
    return found, other


def checked_name(member: Member) -> str:
    """The name below the archive's top, without the dots that ``tar`` writes before it.

    Raises:
        Refused: it leads out, or the member is neither a file nor a folder.
    """
    parts = member.name.rstrip("/").split("/")
    if member.name.startswith("/") or ".." in parts or "\0" in member.name:
        raise Refused(f"{member.name[:200]!r} leads out of it")
    if not (member.plain or member.folder):
        raise Refused(f"{member.name[:200]!r} is no plain file")
    return "/".join(part for part in parts if part not in ("", "."))


def _write(member: Member, place: Path) -> None:
    if member.folder:
        raise Refused(f"{member.name[:200]!r} is a folder, where rows name a picture")
    place.parent.mkdir(parents=True, exist_ok=True)
    with member.open() as content, place.open("xb") as file:
        shutil.copyfileobj(content, file)


@contextmanager
def _members(archive: Path) -> Iterator[Iterator[Member]]:
    with archive.open("rb") as file:
        magic = file.read(4)
        file.seek(0)
        if magic.startswith(b"PK"):
            with zipfile.ZipFile(file) as packed:
                yield _of_zip(packed)
            return
        inner = cast(BinaryIO, gzip.GzipFile(fileobj=file)) if magic.startswith(b"\x1f\x8b") else file
        with tarfile.open(fileobj=cast(IO[bytes], _Careful(inner)), mode="r:") as tar:
            yield _of_tar(tar)
        _read_to_end(inner)


def _read_to_end(file: BinaryIO) -> None:
    """Behind the last entry nothing follows but filling, and the check sum, which is looked at by whoever reads it."""
    for _ in range(_FILLING // _ENTRY):
        if not file.read(_ENTRY):
            return
    raise Refused("more follows behind its last entry than any archive has there")


class _Careful:
    """A file of which nobody reads more at once than a sound archive needs: a forged header fills no memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        if size > _HEADER:
            raise Refused("one of its headers is larger than any can be")
        return self._file.read(size)

    def seek(self, place: int) -> int:
        return self._file.seek(place)

    def tell(self) -> int:
        return self._file.tell()


def _of_tar(tar: tarfile.TarFile) -> Iterator[Member]:
    for info in tar:
        plain = info.type in (tarfile.REGTYPE, tarfile.AREGTYPE)
        yield Member(info.name, info.size, plain, info.isdir(), partial(_open, tar, info))
        tar.members.clear()  # type: ignore[attr-defined]  # it would keep them all, of which there may be millions


def _open(tar: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    content = tar.extractfile(info)
    assert content is not None  # it is a file
    return content


def _of_zip(packed: zipfile.ZipFile) -> Iterator[Member]:
    for info in packed.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        plain = kind in (0, stat.S_IFREG) and not info.is_dir()
        yield Member(info.filename, info.file_size, plain, info.is_dir(), partial(packed.open, info))
