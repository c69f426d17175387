"""What every store can do, and the rules for keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vtb.errors import BadInput

TEMP_PREFIX = ".vtb-tmp-"
MAX_OBJECT = 1 << 34  # bytes that are read into memory, where nobody knows better

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class ObjectInfo:
    """One object of a listing."""

    key: str
    size: int


class ObjectMissing(BadInput):
    """There is no object with this key."""


class ObjectTooLarge(BadInput):
    """There is one, but it has more bytes than it may have."""


class Store(Protocol):
    """Objects by key, in a folder or a bucket.

    Attributes:
        uri: Where the store is, normalised: no trailing slash, no credentials.
    """

    uri: str

    def put_bytes(self, key: str, data: bytes) -> None:
        """Write an object; readers see the whole of it or nothing."""
        ...

    def put_file(self, key: str, path: Path) -> None:
        """Write an object from a file; readers see the whole of it or nothing."""
        ...

    def get_bytes(self, key: str, limit: int = MAX_OBJECT) -> bytes:
        """Read an object of at most so many bytes; of a larger one nothing is read."""
        ...

    def get_file(self, key: str, path: Path) -> None:
        """Read an object into a file, which appears whole or not at all."""
        ...

    def stat(self, key: str) -> ObjectInfo | None:
        """Describe an object, or return None where there is none."""
        ...

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """List every object whose key starts with a prefix, in the order of the keys, lazily."""
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; keys that are not there are no error."""
        ...

    def sweep(self, older_than_s: float) -> None:
        """Remove what killed writers left behind; where they cannot be told from living ones, after so many seconds."""
        ...


def check_key(key: str) -> str:
    """Return a key that is safe to use below any root.

    Raises:
        BadInput: The key is empty, absolute, leaves the root, or cannot be written in every store.
    """
    parts = key.split("/")
    if not key or any(part in ("", ".", "..") for part in parts):
        raise BadInput(f"the key {key!r} is not a path below the store: no empty part, '.' or '..' may be in it")
    if _CONTROL.search(key) or not _is_utf8(key):
        raise BadInput(f"the key {key!r} has control characters or bytes that are not UTF-8; rename it")
    if parts[-1].startswith(TEMP_PREFIX):
        raise BadInput(f"the key {key!r} is reserved: names that begin with {TEMP_PREFIX} are unfinished writes")
    return key


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
