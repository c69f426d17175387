"""What the files of an answer hold: bytes, words, what was said."""

from __future__ import annotations

import codecs
import json
from pathlib import Path

MAX_BYTES = 1 << 28  # of one file; a larger one is no answer to a puzzle
MAX_TEXT = 1 << 22  # bytes of a text that are looked at, its last ones
MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip


class Unreadable(Exception):
    """A file of an answer that cannot be used; the message says why."""


def read_bytes(path: Path) -> bytes:
    """A whole file, if it is of a sensible size."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise Unreadable(f"{size} bytes are too many")
        return path.read_bytes() if size else b""  # devices have no size, and no end
    except OSError as error:
        raise Unreadable(f"cannot be read ({error.strerror})") from error


def read_text(path: Path) -> str:
    """The end of a text, in UTF-8 or in what its byte order mark says."""
    data = read_bytes(path)
    mark, encoding = next(((mark, name) for mark, name in MARKS if data.startswith(mark)), (b"", "utf-8"))
    data = data[len(mark) :][-MAX_TEXT:]
    if not mark and b"\0" in data:
        raise Unreadable("is no text in UTF-8")
    return data.decode(encoding, "replace")


def read_transcript(path: Path) -> str:
    """What was said: a plain text, or the ``text`` of the JSON that Whisper writes, or of its segments."""
    text = read_text(path)
    if path.suffix.lower() != ".json":
        return text
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"is no JSON ({error})") from error
    if isinstance(data, dict):
        data = data.get("text") or data.get("segments") or ""
    if isinstance(data, list):
        data = " ".join(str(part.get("text", "")) if isinstance(part, dict) else str(part) for part in data)
    return str(data)
