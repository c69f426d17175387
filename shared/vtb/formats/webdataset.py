"""WebDataset shards: tar files in which the members ``<key>.<ext>`` of one sample follow each other.

Names, order and the empty time stamps are fixed, so the same samples give the same bytes.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

_BLOCK = 512


@dataclass(frozen=True)
class Sample:
    """One sample: its key and its parts by extension (``json``, ``puzzle.png`` and so on)."""

    key: str
    parts: Mapping[str, bytes]


class DamagedTar(Exception):
    """The tar ends too early or holds something that is no member; samples before that have been given."""


def write_tar(samples: Iterable[Sample]) -> bytes:
    """The samples as one tar (ustar)."""
    pieces: list[bytes] = []
    for sample in samples:
        for extension, data in sample.parts.items():
            info = tarfile.TarInfo(f"{sample.key}.{extension}")
            info.size = len(data)
            info.mode = 0o644
            pieces += [info.tobuf(tarfile.USTAR_FORMAT), data, bytes(-len(data) % _BLOCK)]
    pieces.append(bytes(2 * _BLOCK))
    return b"".join(pieces)


def read_tar(data: bytes) -> Iterator[Sample]:
    """The samples of a tar in their order.

    Raises:
        DamagedTar: after the last sample that could be read whole.
    """
    key, parts = "", dict[str, bytes]()
    for name, content in _members(data):
        this_key, _, extension = name.partition(".")
        if this_key != key:
            if parts:
                yield Sample(key, parts)
            key, parts = this_key, {}
        parts[extension] = content
    if parts:
        yield Sample(key, parts)


def _members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Name (without folders) and content of every regular file."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            last = -1
            for member in archive:
                # A negative size leads back to a member that was there before, and so on for ever.
                if member.issparse() or not 0 <= member.size <= len(data) or member.offset <= last:
                    raise DamagedTar(f"{member.name!r} claims {member.size} bytes")
                last = member.offset
                file = archive.extractfile(member) if member.isfile() else None
                if file is None:
                    continue
                content = file.read()
                if len(content) != member.size:
                    raise DamagedTar(f"{member.name} is cut short")
                yield member.name.rsplit("/", 1)[-1], content
            if data[archive.offset : archive.offset + _BLOCK].strip(b"\0"):
                raise DamagedTar(f"no member at byte {archive.offset}")
    except (tarfile.TarError, ValueError, OverflowError, EOFError) as error:
        raise DamagedTar(str(error)) from error
