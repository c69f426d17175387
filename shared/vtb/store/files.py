"""Files on disk: atomic writes, walks in key order, and what the operating system's errors mean to a user."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vtb.errors import BadInput, NotAvailable, TryAgain, VtbError
from vtb.regular_file import NotRegular
from vtb.store.base import TEMP_PREFIX

_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)
_FULL = (errno.ENOSPC, errno.EDQUOT)
_IN_THE_WAY = (errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY)
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)
_MAY_PASS = (errno.EIO, errno.ESTALE, errno.ETIMEDOUT)


@contextmanager
def os_errors(path: str | Path) -> Iterator[None]:
    """Turn an operating system's error about a path into one the user can act on."""
    try:
        yield
    except ConnectionError:
        raise
    except OSError as error:
        translated = _translate(error, str(error.filename or path))
        if translated is None:
            raise
        raise translated from error


def _translate(error: OSError, path: str) -> VtbError | None:
    if isinstance(error, NotRegular):
        return BadInput(f"{path}: {error.strerror}; put a file there, or take it away")
    if error.errno in _DENIED:
        return NotAvailable(
            f"cannot use {path} as user {os.getuid()}: {error.strerror}; make it writable for that user "
            "(for a container: create the folder before mounting it, or pass --user with the id of its owner)"
        )
    if error.errno in _FULL:
        return NotAvailable(f"no space left for {path}: {error.strerror}; free some or choose another folder")
    if error.errno in _IN_THE_WAY:
        return BadInput(f"{path}: a file stands where a folder is needed, or the other way round; move it away")
    if error.errno == errno.ENAMETOOLONG:
        return BadInput(f"{path}: the name is too long for this file system")
    if error.errno in _MAY_PASS:
        return TryAgain(f"{path}: {error.strerror}; run the same command again to resume")
    return None


@contextmanager
def atomic_file(path: Path, *, durable: bool) -> Iterator[int]:
    """Write a file under a temporary name and give it its own when all is written.

    Args:
        path: The file to write; its folders are made.
        durable: Whether it must survive a power cut the moment this returns.

    Yields:
        A descriptor open for writing.
    """
    with os_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temp, descriptor = _open_temp(path)
    try:
        try:
            with os_errors(path):
                yield descriptor
                if durable:
                    os.fsync(descriptor)
        finally:
            os.close(descriptor)
        _rename(temp, path)
    except BaseException:
        with suppress(OSError):
            temp.unlink()
        raise
    if durable:
        _sync_folder(path.parent)


def _open_temp(path: Path) -> tuple[Path, int]:
    """A temporary file, locked as long as its writer lives, so that it can be told from what a killed one left."""
    while True:
        temp = path.with_name(TEMP_PREFIX + secrets.token_hex(8))
        descriptor = os.open(temp, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        with suppress(OSError):  # some file systems have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return temp, descriptor
        os.close(descriptor)  # swept away before it was locked


def remove_left(path: str, older_than_s: float) -> None:
    """Remove a temporary file whose writer is dead: it is not locked or, where there are no locks, not young."""
    with suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(path)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            if time.time() - os.stat(path).st_mtime >= older_than_s:
                os.unlink(path)
        finally:
            os.close(descriptor)


def _rename(temp: Path, path: Path) -> None:
    with os_errors(path):
        try:
            temp.replace(path)
        except FileNotFoundError as error:
            raise TryAgain(f"{path}: its temporary file was taken away; run the same command again") from error


def _sync_folder(folder: Path) -> None:
    # Some network file systems refuse to sync a folder; the rename itself is done by then.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_all(descriptor: int, data: bytes, offset: int) -> None:
    """Write all of a block at an offset, however many calls the kernel wants for it."""
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def walk(root: str, prefix: str = "") -> Iterator[tuple[str, int]]:
    """Yield the key and size of every file below a folder whose key starts with a prefix, in the order of the keys.

    Holds the names of one folder and its ancestors, never the whole tree. Unfinished writes are left out.
    """
    folder = prefix.rpartition("/")[0]
    start = os.path.join(root, folder) if folder else root
    yield from _walk_folder(start, f"{folder}/" if folder else "", prefix, frozenset())


def _walk_folder(folder: str, base: str, prefix: str, above: frozenset[tuple[int, int]]) -> Iterator[tuple[str, int]]:
    try:
        with os_errors(folder):
            here = os.stat(folder)
            names = sorted(_names(folder, base, prefix), key=lambda name: name.encode(errors="surrogateescape"))
    except FileNotFoundError:
        return
    # A link to one of its own ancestors would make the walk endless.
    identity = (here.st_dev, here.st_ino)
    if identity in above:
        return
    for name in names:
        path = f"{folder}/{name}"
        if name.endswith("/"):
            yield from _walk_folder(path[:-1], base + name, prefix, above | {identity})
        else:
            size = _size(path)
            if size is not None:
                yield base + name, size


def _size(path: str) -> int | None:
    """The size of a file; None where it was deleted since its folder was read: no longer part of the listing."""
    try:
        return os.stat(path).st_size  # first without the context, which costs more than the call
    except FileNotFoundError:
        return None
    except OSError:
        with os_errors(path):
            raise


def _names(folder: str, base: str, prefix: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            # With the slash that keys have, folders sort among files as their keys do.
            name = entry.name + ("/" if entry.is_dir() else "")
            key = base + name
            wanted = key.startswith(prefix) or (name.endswith("/") and prefix.startswith(key))
            if wanted and not entry.name.startswith(TEMP_PREFIX) and (name.endswith("/") or entry.is_file()):
                yield name
