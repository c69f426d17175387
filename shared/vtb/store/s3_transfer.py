"""Large objects in pieces, several at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import NamedTuple
from xml.etree import ElementTree

import urllib3

from vtb.errors import NotAvailable, TryAgain
from vtb.store.base import ObjectTooLarge
from vtb.store.s3_answers import check_completed, read_upload
from vtb.store.s3_client import Client
from vtb.store.s3_errors import AnswerError
from vtb.store.s3_http import Answer

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

    def call(self, method: str, body: bytes = b"", **query: str) -> Answer:
        """Make one request."""
        return self.client.http.call(method, self.bucket, self.name, body=body, query=query)

    def attempt(self, method: str, body: bytes = b"", **query: str) -> Answer:
        """Make a request until it succeeds."""
        return self.client.attempt(self.uri, lambda: self.call(method, body, **query))


class _Head(NamedTuple):
    """What an answer says of itself: the version of the object, its whole size, what part of it this is."""

    version: str
    total: int
    start: int
    end: int


def fetch(remote: Remote, write: Write, limit: int | None = None) -> int:
    """Read an object, handing its blocks to a function with their offsets, from several threads; return its size.

    Raises:
        ObjectTooLarge: It has more than ``limit`` bytes.
    """
    head = _fetch_range(remote, 0, _RANGE, write, "", limit)

    def fetch_one(start: int) -> None:
        _fetch_range(remote, start, min(start + _RANGE, head.total), write, head.version, limit)

    rest = range(head.end, head.total, _RANGE)
    remote.client.helpers.each(fetch_one, rest, min(len(rest), PARTS_IN_FLIGHT))
    return head.total


def _fetch_range(remote: Remote, start: int, stop: int, write: Write, version: str, limit: int | None = None) -> _Head:
    position = start

    def once() -> _Head:
        nonlocal position, version
        with _open_range(remote, position, stop) as response:
            head = _read_head(response, position, stop) if response else _Head("", 0, 0, 0)
            if limit is not None and head.total > limit:
                raise ObjectTooLarge(f"{remote.uri} has {head.total} bytes, more than {limit}: put the right one there")
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
    headers = {"Range": f"bytes={start}-{stop - 1}"}
    try:
        with remote.client.http.open("GET", remote.bucket, remote.name, headers=headers) as response:
            yield response
    except AnswerError as error:
        if error.code != "InvalidRange" or start:
            raise
        # No range fits an empty object.
        yield None


def _read_head(response: urllib3.BaseHTTPResponse, start: int, stop: int) -> _Head:
    version = response.headers.get("etag", "")
    length = int(response.headers.get("content-length", -1))  # a number: checked for every answer
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
    remote.attempt("PUT", data)


def _store_parts(remote: Remote, size: int, read: Read) -> None:
    step = max(PART_SIZE, -(-size // _MAX_PARTS))
    upload = remote.client.attempt(remote.uri, lambda: read_upload(remote.call("POST", uploads="").body))
    tags: dict[int, str] = {}

    def store_one(number: int) -> None:
        start = (number - 1) * step
        data = read(start, min(step, size - start))
        tags[number] = remote.client.attempt(
            remote.uri, lambda: _tag(remote.call("PUT", data, partNumber=str(number), uploadId=upload).headers)
        )

    try:
        remote.client.helpers.each(store_one, range(1, -(-size // step) + 1), PARTS_IN_FLIGHT)
        _complete(remote, size, upload, tags)
    except BaseException:
        # A server that cannot be reached keeps the parts until its own rules delete them.
        with suppress(Exception):
            remote.call("DELETE", uploadId=upload)
        raise


def _tag(headers: Mapping[str, str]) -> str:
    tag = headers.get("etag", "")
    if not tag:
        raise AnswerError("", "the part came without an ETag", passing=True)
    return tag


def _complete(remote: Remote, size: int, upload: str, tags: Mapping[int, str]) -> None:
    body, tries = _parts_xml(tags), 0

    def once() -> None:
        nonlocal tries
        tries += 1
        try:
            check_completed(remote.call("POST", body, uploadId=upload).body)
        except AnswerError as error:
            # The try before got through and only its answer was lost.
            if tries > 1 and error.code == "NoSuchUpload" and size_of(remote) == size:
                return
            raise

    remote.client.attempt(remote.uri, once)


def _parts_xml(tags: Mapping[int, str]) -> bytes:
    root = ElementTree.Element("CompleteMultipartUpload")
    for number in sorted(tags):
        part = ElementTree.SubElement(root, "Part")
        ElementTree.SubElement(part, "PartNumber").text = str(number)
        ElementTree.SubElement(part, "ETag").text = tags[number]
    return ElementTree.tostring(root)


def size_of(remote: Remote) -> int:
    """The size of an object that is there."""
    length = remote.call("HEAD").headers.get("content-length")
    if length is None:
        raise AnswerError("", "the answer has no Content-Length", passing=True)
    return int(length)
