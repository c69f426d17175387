"""A bucket, or a prefix in one, as a store."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from minio.helpers import check_bucket_name

from vtb.errors import BadInput, UsageProblem, VtbError
from vtb.store.base import MAX_OBJECT, ObjectInfo, check_key
from vtb.store.files import atomic_file, os_errors, write_all
from vtb.store.s3_client import Client, client_for
from vtb.store.s3_deleting import Deleter
from vtb.store.s3_errors import AnswerError
from vtb.store.s3_listing import names_and_sizes
from vtb.store.s3_settings import read_settings
from vtb.store.s3_transfer import Remote, fetch, size_of, store

_PAGE = 1000


class S3Store:
    """Objects in a bucket; the environment says where the server is and who asks."""

    def __init__(self, uri: str) -> None:
        self._bucket, prefix = _split(uri)
        self._base = f"{prefix}/" if prefix else ""
        self.uri = f"s3://{self._bucket}/{prefix}".rstrip("/")
        self._settings = read_settings()
        self._bucket_seen = False

    def __repr__(self) -> str:
        return f"S3Store({self.uri!r})"

    def __reduce__(self) -> tuple[type[S3Store], tuple[str]]:
        # Another process reads its own environment; credentials never travel in a pickle.
        return S3Store, (self.uri,)

    def put_bytes(self, key: str, data: bytes) -> None:
        """Write an object."""
        store(self._remote(key), len(data), lambda offset, size: data[offset : offset + size])

    def put_file(self, key: str, path: Path) -> None:
        """Write an object from a file, in parts where it is large."""
        remote = self._remote(key)
        try:
            with os_errors(path), path.open("rb") as file:

                def read(offset: int, size: int) -> bytes:
                    return _read_exactly(file.fileno(), path, offset, size)

                store(remote, os.fstat(file.fileno()).st_size, read)
        except (FileNotFoundError, IsADirectoryError):
            raise BadInput(f"there is no file {path}") from None

    def get_bytes(self, key: str, limit: int = MAX_OBJECT) -> bytes:
        """Read an object of at most so many bytes."""
        buffer = bytearray()

        def write(data: bytes, offset: int) -> None:
            if len(buffer) < offset:
                buffer.extend(bytes(offset - len(buffer)))
            buffer[offset : offset + len(data)] = data

        fetch(self._remote(key), write, limit)
        return bytes(buffer)

    def get_file(self, key: str, path: Path) -> None:
        """Read an object into a file, in several ranges at once where it is large."""
        remote = self._remote(key)
        # Not durable: after a power cut what was downloaded is downloaded again.
        with atomic_file(path, durable=False) as descriptor:
            fetch(remote, lambda data, offset: write_all(descriptor, data, offset))

    def stat(self, key: str) -> ObjectInfo | None:
        """Describe an object, or return None where there is none."""
        remote = self._remote(key)
        size = remote.client.attempt(remote.uri, lambda: self._size(remote))
        return None if size is None else ObjectInfo(key, size)

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """List the objects whose key starts with a prefix, in the order of the keys, a page at a time."""
        for name, size in names_and_sizes(self._client(), self._bucket, self._base + prefix, self.uri, _PAGE):
            # Consoles make empty objects with such names to show a folder.
            if not name.endswith("/"):
                yield ObjectInfo(name[len(self._base) :], size)

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects, many with each request where the server can; keys that are not there are no error."""
        names = (self._base + check_key(key) for key in keys)
        deleter = Deleter(self._client(), self._bucket, self.uri)
        while batch := list(islice(names, _PAGE)):
            deleter.delete(batch)

    def sweep(self, older_than_s: float) -> None:
        """Do nothing: S3 shows no unfinished writes."""

    def _client(self) -> Client:
        return client_for(self._settings)

    def _remote(self, key: str) -> Remote:
        return Remote(self._client(), self._bucket, self._base + check_key(key), f"{self.uri}/{key}")

    def _size(self, remote: Remote) -> int | None:
        try:
            size = size_of(remote)
            self._bucket_seen = True
            return size
        except AnswerError as error:
            if error.status in (301, 400, 403):
                # The answer to HEAD has no body; the one to GET tells a wrong secret from a missing right.
                with remote.client.http.open("GET", remote.bucket, remote.name, headers={"Range": "bytes=0-0"}):
                    raise
            if error.code != "NoSuchKey":
                raise
        self._need_bucket(remote)
        return None

    def _need_bucket(self, remote: Remote) -> None:
        # HEAD says the same of a missing object and a missing bucket.
        if self._bucket_seen:
            return
        try:
            remote.client.http.call("HEAD", self._bucket)
        except AnswerError as error:
            if error.code != "AccessDenied":
                raise
        self._bucket_seen = True


def _split(uri: str) -> tuple[str, str]:
    bucket, _, prefix = uri[len("s3://") :].partition("/")
    try:
        check_bucket_name(bucket, s3_check=True)
        prefix = "/".join(part for part in prefix.split("/") if part)
        if prefix:
            check_key(prefix)
    except (ValueError, VtbError):
        # Not repeated: a password before an @ would be in it.
        raise UsageProblem("not a usable S3 URI: it looks like s3://bucket/prefix, with a valid bucket name") from None
    return bucket, prefix


def _read_exactly(descriptor: int, path: Path, offset: int, size: int) -> bytes:
    data = os.pread(descriptor, size, offset)
    while len(data) < size:
        more = os.pread(descriptor, size - len(data), offset + len(data))
        if not more:
            raise BadInput(f"{path} became shorter while it was uploaded; run again when nothing writes to it")
        data += more
    return data
