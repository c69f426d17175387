"""A folder as a store."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from vtb.errors import BadInput
from vtb.regular_file import TooLarge, open_regular, read_regular
from vtb.store.base import MAX_OBJECT, TEMP_PREFIX, ObjectInfo, ObjectMissing, ObjectTooLarge, check_key
from vtb.store.files import atomic_file, os_errors, remove_left, walk, write_all

_BLOCK = 1 << 20


class LocalStore:
    """Objects as files below a folder, which is made on the first write."""

    def __init__(self, root: str) -> None:
        self.uri = root
        self._root = Path(root)

    def __repr__(self) -> str:
        return f"LocalStore({self.uri!r})"

    def put_bytes(self, key: str, data: bytes) -> None:
        """Write an object; it is on disk when this returns."""
        with atomic_file(self._path(key), durable=True) as descriptor:
            write_all(descriptor, data, 0)

    def put_file(self, key: str, path: Path) -> None:
        """Copy a file into the store; it is on disk when this returns."""
        target = self._path(key)
        with _open_source(path) as source, atomic_file(target, durable=True) as descriptor:
            _copy(source, descriptor)

    def get_bytes(self, key: str, limit: int = MAX_OBJECT) -> bytes:
        """Read an object of at most so many bytes."""
        path = self._path(key)
        with os_errors(path):
            try:
                return read_regular(path, limit)
            except TooLarge as error:
                raise ObjectTooLarge(f"{path} {error.strerror}: put the right one there") from error
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                raise self._missing(key) from None

    def get_file(self, key: str, path: Path) -> None:
        """Copy an object into a file, which appears whole or not at all."""
        if self.stat(key) is None:
            raise self._missing(key)
        with _open_source(self._path(key)) as source, atomic_file(path, durable=False) as descriptor:
            _copy(source, descriptor)

    def stat(self, key: str) -> ObjectInfo | None:
        """Describe an object, or return None where there is none."""
        path = self._path(key)
        with os_errors(path):
            if not path.is_file():
                return None
            return ObjectInfo(key, path.stat().st_size)

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """List the objects whose key starts with a prefix, in the order of the keys; none where the folder is not."""
        if any(part in (".", "..") for part in prefix.split("/")) or prefix.startswith("/"):
            raise BadInput(f"the prefix {prefix!r} leaves the store {self.uri}")
        return (ObjectInfo(key, size) for key, size in walk(self.uri, prefix))

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; keys that are not there are no error."""
        root = self._root.resolve()
        for key in keys:
            path = self._path(key)
            if not path.parent.resolve().is_relative_to(root):  # a link leads out: what lies there is not of this store
                continue
            with os_errors(path), suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
                path.unlink()

    def sweep(self, older_than_s: float) -> None:
        """Remove the unfinished writes of killed processes; without locks they are told by their age."""
        with os_errors(self._root):
            for folder, _, names in os.walk(self._root):
                for name in names:
                    if name.startswith(TEMP_PREFIX):
                        remove_left(os.path.join(folder, name), older_than_s)

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)

    def _missing(self, key: str) -> ObjectMissing:
        return ObjectMissing(f"there is no {self.uri.rstrip('/')}/{key}")


@contextmanager
def _open_source(path: Path) -> Iterator[BinaryIO]:
    with ExitStack() as stack:
        with os_errors(path):
            try:
                source = stack.enter_context(open_regular(path))
            except (FileNotFoundError, IsADirectoryError):
                raise BadInput(f"there is no file {path}") from None
        yield source


def _copy(source: BinaryIO, descriptor: int) -> None:
    with open(descriptor, "wb", closefd=False) as target:
        shutil.copyfileobj(source, target, _BLOCK)
