"""The rows of a published file, each with its line, and which form they have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.errors import BadInput
from vtb.formats.half_pairs import without_half_pairs
from vtb.regular_file import read_regular
from vtb_prepare.latent_published import Published, read_row

TRAIN = "TRAIN.jsonl"
MOST_BYTES = 1 << 32
# By which keys the first row tells its form; the first that fits.
_KEYS = {"interleaved": {"sequence_plan"}, "single": {"text_output", "image_output"}, "think": {"cot", "depth_path"}}
_NAME = re.compile(r"\W+")
Line = tuple[int, str, Any]  # its number, how a message names it, and what it holds


def data_file(place: Path) -> Path:
    """The file that ``--data`` names.

    Raises:
        BadInput: it is a folder without such a file.
    """
    if not place.is_dir():
        return place
    if not (place / TRAIN).is_file():
        raise BadInput(f"{place}: holds no {TRAIN}: give the file with the rows to learn from")
    return place / TRAIN


def read_published(file: Path, form: str) -> tuple[list[Published], list[str]]:
    """The rows that can be used, and what is wrong with each of the others.

    Raises:
        BadInput: the file cannot be read, is of no known form, or is one to test with.
    """
    lines = list(_lines(file, read_bytes(file)))
    rows = [fields for *_, fields in lines if isinstance(fields, dict)]
    if not rows:
        raise BadInput(f"{file}: holds no rows (of {len(lines)} lines none is an object of JSON): give JSON lines")
    form = form_of(file, rows[0]) if form == "auto" else form
    if form == "interleaved" and not any("sequence_plan" in row for row in rows):
        raise BadInput(
            f"{file}: no row has a sequence_plan: it is a file to test with, which no model may learn from: give the "
            f"{TRAIN} beside it"
        )
    return _checked(file, form, lines)


def read_bytes(file: Path) -> bytes:
    """The file's content, without a byte-order mark."""
    try:
        return read_regular(file, MOST_BYTES).removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise BadInput(f"{file}: cannot be read ({error.strerror}): give a file of JSON lines") from error


def form_of(file: Path, row: Mapping[str, Any]) -> str:
    """The form that a row has by its keys; of a row with a question alone, that of the files to test with."""
    for form, keys in _KEYS.items():
        if keys <= row.keys():
            return form
    if {"text_input", "image_input"} <= row.keys():
        return "interleaved"
    wanted = "; ".join(f"{' and '.join(sorted(keys))} ({form})" for form, keys in _KEYS.items())
    found = ", ".join(sorted(map(str, row))[:12]) or "none"
    raise BadInput(f"{file}: its first row has the keys {found[:200]}, none of the known forms has these: {wanted}")


def _checked(file: Path, form: str, lines: Sequence[Line]) -> tuple[list[Published], list[str]]:
    good, bad, seen = list[Published](), list[str](), dict[str, str]()
    stem = _NAME.sub("-", file.stem)
    for number, where, fields in lines:
        try:
            if isinstance(fields, BadInput):
                raise fields
            if not isinstance(fields, dict):
                raise BadInput(f"{where}: is no object of JSON")
            row = read_row(form, fields, where, f"{stem}-{number:06d}")
            if row.id in seen:
                raise BadInput(f"{where}: has the id of {seen[row.id]}, {row.id[:80]!r}: give each its own")
        except BadInput as error:
            bad.append(str(error))
            continue
        seen[row.id] = where
        good.append(row)
    return good, bad


def _lines(file: Path, data: bytes) -> Iterator[Line]:
    """What each line, or each entry of a list, holds; why not, where it is no JSON."""
    if data.lstrip().startswith(b"["):
        yield from (
            (number, f"{file.name}, entry {number}", found) for number, found in enumerate(_list(file, data), 1)
        )
        return
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            where = f"{file.name}, line {number}"
            try:
                found = json.loads(without_half_pairs(line).decode())
            except (ValueError, RecursionError) as error:
                found = BadInput(f"{where}: is no JSON ({error})")
            yield number, where, found


def _list(file: Path, data: bytes) -> list[Any]:
    try:
        found: list[Any] = json.loads(without_half_pairs(data).decode())
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{file}: cannot be read as JSON ({error})") from error
    return found
