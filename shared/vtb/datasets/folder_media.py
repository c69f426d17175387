"""The media that a record of a ``data.json`` names, as parts of a sample."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from vtb.errors import BadInput
from vtb.formats.vlmpuzzle import media_file, part_at
from vtb.media.image import MAX_FILE
from vtb.puzzles.sample import CLIP, MEDIA, PUZZLE, REASONING, SOLUTION
from vtb.regular_file import read_regular
from vtb.tasks.example import Media

# Where the layout names the parts of a sample; the last one later generators have, to be shown with questions in words.
FIELDS = {PUZZLE: "image", SOLUTION: "solution_image_path", CLIP: "solution_video_path"}
FIELDS_OF_OTHERS = {**FIELDS, REASONING: "reasoning_image"}


class _Named(msgspec.Struct, frozen=True):
    """A medium in the folder layout, whose name is a path."""

    role: str
    kind: str
    name: str


def is_ours(record: Mapping[str, Any]) -> bool:
    """Whether one of our stages wrote a record."""
    return "source" in record and "version" in record


def folder_media(record: Mapping[str, Any]) -> list[tuple[Media, object]]:
    """Each medium with its path beside the ``data.json``: what a record of ours lists, or what the layout's fields say.

    The first of these is there always, whether or not the record says where.

    Raises:
        BadInput: what it lists is no list of media.
    """
    if is_ours(record) and record.get("media"):
        return _listed(record)
    named = [(MEDIA[part], record.get(field)) for part, field in FIELDS_OF_OTHERS.items()]
    return [(medium, path) for medium, path in named if path or medium.name == PUZZLE]


def _listed(record: Mapping[str, Any]) -> list[tuple[Media, object]]:
    try:
        named = msgspec.convert(record["media"], list[_Named])
        parts = [
            {"role": one.role, "kind": one.kind, "name": part_at(one.name, str(record.get("id")))} for one in named
        ]
        media = msgspec.convert(parts, list[Media])
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadInput(f"its media are damaged: {error}") from error
    # Where the layout has a field of its own, that counts: it is what other tools read and change.
    return [
        (medium, record.get(FIELDS[medium.name]) if medium.name in FIELDS else one.name)
        for medium, one in zip(media, named, strict=True)
    ]


def read_media(file: Path, path: object, part: str) -> bytes:
    """The file of a part of a sample, where a record of a ``data.json`` says that it is.

    Raises:
        BadInput: it does not say, or none lies there below the folder.
    """
    if not isinstance(path, str):
        raise BadInput(f"it has no {FIELDS_OF_OTHERS[part]}")
    try:
        return read_regular(media_file(file, path), MAX_FILE)
    except OSError as error:
        raise BadInput(f"{path}: is no file that can be read ({error.strerror})") from error
