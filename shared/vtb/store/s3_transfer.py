"""Large objects in pieces, several at a time."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import urllib3
from minio.datatypes import Part
from minio.error import MinioException

from vtb.errors import NotAvailable, TryAgain
from vtb.store.s3_client import Client
from vtb.store.s3_errors import AnswerError, diagnose

PART_SIZE = 16 << 20
PARTS_IN_FLIGHT = 4

# Reading holds a block, not a range, in memory; a shard of the
# usual size goes to disk faster in one piece than in several at once.
_RANGE = 64 << 20
_MAX_PARTS = 10_000
_BLOCK = 1 << 20
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")

Read = Callable[[int, int], bytes]
Write = Callable[[bytes, int], None]


@dataclass(frozen=True)
class Remote:
    """One object and the client that reaches it."""

    client: Client
    bucket: str
    name: str
    uri: str

    @property
    def api(self) -> Any:
        """The S3 calls."""
        return self.client.api


class _Head(NamedTuple):
    """What an answer says of itself: the version of the object, its whole size, what part of it this is."""

    version: str
    total: int
    start: int
    end: int


def fetch(remote: Remote, write: Write) -> int:
    """Read an object, handing its blocks to a function with their offsets, from several threads; return its size."""
    head = _fetch_range(remote, 0, _RANGE, write, "")

    def fetch_one(start: int) -> None:
        _fetch_range(remote, start, min(start + _RANGE, head.total), write, head.version)

    rest = range(head.end, head.total, _RANGE)
    remote.client.helpers.each(fetch_one, rest, min(len(rest), PARTS_IN_FLIGHT))
    return head.total


def _fetch_range(remote: Remote, start: int, stop: int, write: Write, version: str) -> _Head:
    position = start

    def once() -> _Head:
        nonlocal position, version
        with _open_range(remote, position, stop) as response:
            head = _read_head(response, position, stop) if response else _Head("", 0, 0, 0)
            if version and head.version != version:
                raise TryAgain(f"{remote.uri}: it changed while it was read; run the same command again to resume")
            version = head.version
            if head.start != position:
                position = _start_over(remote, start)
            # Each block counts, so that a retry goes on where the last try broke off.
            while response and position < head.end:
                data = response.read(min(_BLOCK, head.end - position), decode_content=False)
                if not data:
                    raise AnswerError("Truncated", f"{head.end - position} bytes are missing", passing=True)
                write(data, position)
                position += len(data)
        return head

    return remote.client.attempt(remote.uri, once)


def _start_over(remote: Remote, start: int) -> int:
    # The whole object came instead of a range of it, which serves only whoever wants the beginning.
    if start:
        raise NotAvailable(f"{remote.uri}: the server ignores byte ranges, without which it cannot be read reliably")
    return start


@contextmanager
def _open_range(remote: Remote, start: int, stop: int) -> Iterator[urllib3.BaseHTTPResponse | None]:
    try:
        response = remote.api.get_object(remote.bucket, remote.name, offset=start, length=stop - start)
    except MinioException as error:
        problem = diagnose(error)
        if problem is None or problem.code != "InvalidRange" or start:
            raise
        # No range fits an empty object.
        yield None
        return
    try:
        yield response
    finally:
        # An answer read to its end has given its connection back by now; any other connection is of no more use.
        response.close()
        response.release_conn()


def _read_head(response: urllib3.BaseHTTPResponse, start: int, stop: int) -> _Head:
    version = response.headers.get("etag", "")
    length = int(response.headers.get("content-length", -1))
    # Not the status: rclone's server answers a range with 200.
    match = _CONTENT_RANGE.match(response.headers.get("content-range", ""))
    if not match and length >= 0:
        return _Head(version, length, 0, length)
    if match:
        head = _Head(version, int(match[3]), int(match[1]), int(match[2]) + 1)
        if head.start == start and head.end == min(stop, head.total) and length in (-1, head.end - start):
            return head
    raise AnswerError("Truncated", f"{length} bytes came for the range {start}-{stop}", passing=True)


def store(remote: Remote, size: int, read: Read) -> None:
    """Write an object of a known size, asking a function for the bytes at an offset, from several threads."""
    if size > PART_SIZE:
        _store_parts(remote, size, read)
        return
    data = read(0, size)
    put = remote.api.put_object
    remote.client.attempt(
        remote.uri, lambda: put(remote.bucket, remote.name, io.BytesIO(data), size, part_size=PART_SIZE)
    )


def _store_parts(remote: Remote, size: int, read: Read) -> None:
    # minio's own multipart upload starts over when one part fails, so its steps are called one by one.
    api, attempt = remote.api, remote.client.attempt
    step = max(PART_SIZE, -(-size // _MAX_PARTS))
    upload = attempt(remote.uri, lambda: api._create_multipart_upload(remote.bucket, remote.name, {}))
    tags: dict[int, str] = {}

    def store_one(number: int) -> None:
        start = (number - 1) * step
        data = read(start, min(step, size - start))
        tags[number] = attempt(
            remote.uri, lambda: api._upload_part(remote.bucket, remote.name, data, None, upload, number)
        )

    try:
        remote.client.helpers.each(store_one, range(1, -(-size // step) + 1), PARTS_IN_FLIGHT)
        _complete(remote, size, upload, [Part(number, tags[number]) for number in sorted(tags)])
    except BaseException:
        # A server that cannot be reached keeps the parts until its own rules delete them.
        with suppress(Exception):
            api._abort_multipart_upload(remote.bucket, remote.name, upload)
        raise


def _complete(remote: Remote, size: int, upload: str, parts: list[Part]) -> None:
    tries = 0

    def once() -> None:
        nonlocal tries
        tries += 1
        try:
            result = remote.api._complete_multipart_upload(remote.bucket, remote.name, upload, parts)
        except MinioException as error:
            problem = diagnose(error)
            lost = tries > 1 and problem is not None and problem.code == "NoSuchUpload"
            # The try before got through and only its answer was lost.
            if lost and remote.api.stat_object(remote.bucket, remote.name).size == size:
                return
            raise
        if not result.etag:
            raise AnswerError("InternalError", "the upload was not completed")

    remote.client.attempt(remote.uri, once)
