"""The rows of a published file of questions: JSON, JSON lines or parquet."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from vtb.errors import BadInput
from vtb.formats.half_pairs import without_half_pairs
from vtb.formats.named_once import named_once
from vtb.regular_file import open_regular, read_regular

MOST_BYTES = 1 << 30
FORMS = "JSON, JSON lines (.jsonl) or parquet (.parquet)"
T = TypeVar("T")


def read_rows(path: Path) -> Sequence[Any]:
    """All rows of a file, in its order; whether each is one is for the reader to say.

    Raises:
        BadInput: the file cannot be read, or is no list.
    """
    if path.suffix == ".parquet":
        return _parquet(path)
    text = read_text(path)
    if path.suffix == ".jsonl":
        return [_parsed(line, f"{path}: line {number}") for number, line in _lines(text)]
    content = _parsed(text, str(path))
    if not isinstance(content, list):
        raise BadInput(f"{path}: is no list of questions")
    return content


def read_object(path: Path) -> Mapping[str, Any]:
    """A JSON file that has its rows by name.

    Raises:
        BadInput: the file cannot be read, or is no object.
    """
    content = _parsed(read_text(path), str(path))
    if not isinstance(content, dict):
        raise BadInput(f"{path}: is no JSON object with a question by each name")
    return content


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        BadInput: it cannot be read, or is larger than a GiB.
    """
    try:
        return read_regular(path, MOST_BYTES).decode("utf-8", errors="replace")
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error})") from error


def _lines(text: str) -> list[tuple[int, str]]:
    """Those that hold something, with their numbers from 1; only a line feed ends one, as in JSON lines."""
    return [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]


def _parsed(text: str, where: str) -> Any:
    data = text.encode()
    try:
        content, plain = json.loads(data, object_pairs_hook=named_once), without_half_pairs(data)
        return content if plain is data else json.loads(plain)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{where}: cannot be read as JSON ({error}): wanted is {FORMS}") from error


def _parquet(path: Path) -> list[Mapping[str, Any]]:
    import pyarrow
    import pyarrow.parquet

    try:
        with open_regular(path) as file:
            rows: list[Mapping[str, Any]] = pyarrow.parquet.read_table(file).to_pylist()
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:  # damaged words are found as they are read
        raise BadInput(f"{path}: cannot be read as parquet ({error})") from error
    return rows


def words_of(row: Any, names: Sequence[str], where: str) -> str:
    """The first of some columns that holds words or a number.

    Raises:
        BadInput: none does.
    """
    if not isinstance(row, Mapping):
        raise BadInput(f"{where} is no question: it has no columns")
    for name in names:
        value = row.get(name)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    there = ", ".join(map(str, row))[:200]
    raise BadInput(f"{where} has no column {' or '.join(names)} that holds anything: it has {there}")


def paths_of(row: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    """The paths of pictures in a column: one, a list of them, or nothing.

    Raises:
        BadInput: something else stands there, or a path leads out of the folder of pictures.
    """
    value = row.get(name)
    listed = [value] if isinstance(value, str) else [] if value is None else value
    if not isinstance(listed, (list, tuple)) or not all(isinstance(one, str) and one.strip() for one in listed):
        raise BadInput(f"{where}: its column {name} is no list of paths of pictures")
    return tuple(_inside(one.strip(), where) for one in listed)


def _inside(path: str, where: str) -> str:
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
    if path.startswith(("/", "\\")) or ".." in parts or not parts or "\0" in path:
        raise BadInput(f"{where}: the picture {path[:80]!r} lies outside the folder of pictures: write a path below it")
    return "/".join(parts)


def each_row(path: Path, read: Callable[[Any, int, str], T]) -> list[T]:
    """What is read of each row, in the file's order, from the row, its number from 1, and its place in words.

    Raises:
        BadInput: the file cannot be read, or has no rows.
    """
    rows = list(read_rows(path))
    found = [read(row, number, f"{path}: row {number}") for number, row in enumerate(rows, start=1)]
    not_empty(found, path)
    return found


def not_empty(found: Sequence[object], path: Path) -> None:
    """Refuse a file without questions.

    Raises:
        BadInput: it has none.
    """
    if not found:
        raise BadInput(f"{path}: holds no questions")
