"""TensorBoard files as others may have them: the figures, without what they say of the machine they were made on."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

_NAME = "events.out.tfevents"
_HEAD, _TAIL = 12, 4  # around each record: its size with a checksum, and the checksum of the record
_TEXT = "/text_summary"


def copy_figures(source: Path, target: Path) -> None:
    """Copies every event file without its texts, under a name without the machine's.

    The engine writes all its arguments as a text: folders of this machine, which mean nothing elsewhere.
    """
    target.mkdir(exist_ok=True)
    for number, path in enumerate(sorted(source.rglob(f"{_NAME}.*"))):
        began = path.name.removeprefix(f"{_NAME}.").partition(".")[0]
        kept = (record for record in _records(path.read_bytes()) if not _has_text(record))
        (target / f"{_NAME}.{began}.{number}").write_bytes(b"".join(kept))


def _records(raw: bytes) -> Iterator[bytes]:
    """The records of an event file; one that a kill cut short is left out."""
    at = 0
    while at + _HEAD <= len(raw):
        (size,) = struct.unpack_from("<Q", raw, at)
        end = at + _HEAD + size + _TAIL
        if end > len(raw):
            return
        yield raw[at:end]
        at = end


def _has_text(record: bytes) -> bool:
    from tensorboard.compat.proto.event_pb2 import Event  # type: ignore[import-untyped]

    event = Event.FromString(record[_HEAD:-_TAIL])
    return any(value.tag.endswith(_TEXT) for value in event.summary.value)
