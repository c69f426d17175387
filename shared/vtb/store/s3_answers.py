"""What S3 answers, read strictly: whatever is not as it must be is an error that another try may pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_plus
from xml.etree import ElementTree

from vtb.store.s3_errors import AnswerError


@dataclass(frozen=True)
class Page:
    """One page of a listing.

    Attributes:
        rows: Names and sizes.
        more: Whether another page follows.
        token: What asks for it, if the server gave something.
    """

    rows: list[tuple[str, int]]
    more: bool
    token: str


def read_page(data: bytes) -> Page:
    """A page of a listing."""
    root = _root(data, "ListBucketResult", "listing")
    encoded = _text(root, "EncodingType") == "url"
    rows = [_row(entry, encoded) for entry in _named(root, "Contents")]
    truncated, count = _text(root, "IsTruncated"), _text(root, "KeyCount")
    if truncated not in ("true", "false"):
        raise _damaged("listing", "it does not say whether it is whole")
    if count and count != str(len(rows)):
        raise _damaged("listing", f"it has {len(rows)} keys and says {count}")
    names = Counter(name for name, _ in rows)
    if twice := next((name for name in names if names[name] > 1), None):  # as when it was read while one was written
        raise _damaged("listing", f"it names {twice!r} twice")
    return Page(rows, truncated == "true", _text(root, "NextContinuationToken"))


def read_deleted(data: bytes) -> list[AnswerError]:
    """What could not be deleted, and why."""
    errors = _named(_root(data, "DeleteResult", "answer to a deletion"), "Error")
    return [AnswerError(_text(error, "Code"), _text(error, "Message")) for error in errors]


def read_upload(data: bytes) -> str:
    """The id of an upload in parts that has begun."""
    upload = _text(_root(data, "", "answer to an upload"), "UploadId")  # rclone's server has another name for it
    if not upload:
        raise _damaged("answer to an upload", "it has no id")
    return upload


def check_completed(data: bytes) -> None:
    """Whether an upload in parts is complete; a server may say otherwise below a status of success."""
    if not _text(_root(data, "", "answer to an upload"), "ETag"):
        raise _damaged("answer to an upload", "it does not confirm the object")


def read_refusal(status: int, data: bytes) -> AnswerError:
    """What the body of a refused request says."""
    if not data.lstrip().startswith((b"<?xml", b"<Error")):
        return AnswerError("", status=status)
    root = _parse(data, "refusal")
    if _name(root) != "Error":
        return AnswerError("", status=status)
    return AnswerError(_text(root, "Code"), _text(root, "Message"), status=status)


def _root(data: bytes, name: str, what: str) -> ElementTree.Element:
    root = _parse(data, what)
    if _name(root) == "Error":
        raise AnswerError(_text(root, "Code") or "InternalError", _text(root, "Message"))
    if name and _name(root) != name:
        raise _damaged(what, f"it is a {_name(root)[:40]}")
    return root


def _parse(data: bytes, what: str) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:  # the last two: an encoding that is none
        raise _damaged(what, "it was cut short or is not S3's") from error


def _row(entry: ElementTree.Element, encoded: bool) -> tuple[str, int]:
    name, size = _text(entry, "Key"), _text(entry, "Size")
    if not name or not (size.isascii() and size.isdigit()) or len(size) > 18:
        raise _damaged("listing", "an entry has no key or no size")
    return (unquote_plus(name) if encoded else name), int(size)


def _damaged(what: str, why: str) -> AnswerError:
    return AnswerError("", f"the {what} is damaged: {why}", passing=True)


def _named(element: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    # Servers differ in whether and how they write the namespace.
    return (child for child in element if _name(child) == name)


def _text(element: ElementTree.Element, name: str) -> str:
    return next((child.text or "" for child in _named(element, name)), "")


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
