"""Rows of the benchmark as the Hugging Face hub has them: parquet files with words and pictures, read locally.

Columns: task, id, prompt, image, solution_image; a picture is its file's bytes, or a struct that has them. The split is
the first part of a file's name (``test-00000-of-00001.parquet``).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtb.errors import BadInput
from vtb.formats.leftovers import without_leftovers

log = logging.getLogger("vtb.formats")
PICTURES = ("image", "solution_image")
WORDS = ("task", "id", "prompt")


@dataclass(frozen=True)
class HubRow:
    """One puzzle: its words by column, and the files of its two pictures."""

    words: dict[str, Any]
    puzzle: bytes
    solution: bytes


def parquet_files(root: Path) -> list[Path]:
    """The parquet files that hold puzzles, in the order of their names: the file itself, or those below a folder.

    Raises:
        BadInput: a file is no parquet file, or none holds puzzles.
    """
    every = [root] if root.is_file() else sorted(without_leftovers(root, root.rglob("*.parquet")))
    found = []
    for file in every:
        missing = [column for column in (*WORDS, *PICTURES) if column not in _open(file).schema_arrow.names]
        if missing:
            log.warning("%s: has no column %s, so no puzzles with solutions: left out", file, missing[0])
        else:
            found.append(file)
    if not found:
        raise BadInput(f"{root}: holds no parquet file with the columns {', '.join((*WORDS, *PICTURES))}")
    return found


def split_of(file: Path) -> str:
    """The split that a file's name says."""
    return file.stem.partition("-")[0]


def row_count(file: Path) -> int:
    """Rows of a file."""
    return int(_open(file).metadata.num_rows)


def read_ids(file: Path) -> list[str]:
    """The ids of all rows."""
    batches = _guarded(file, _open(file).iter_batches(columns=["id"]))
    return [str(row["id"]) for batch in batches for row in _plain(file, batch)]


def read_rows(file: Path, start: int, count: int) -> Iterator[HubRow]:
    """Some rows of a file, a few in memory at a time."""
    number = 0
    for batch in _guarded(file, _open(file).iter_batches(batch_size=16, columns=[*WORDS, *PICTURES])):
        if number + len(batch) > start:
            for row in _plain(file, batch.slice(max(0, start - number))):
                if count == 0:
                    return
                count -= 1
                yield _row(file, row)
        number += len(batch)


def _row(file: Path, row: dict[str, Any]) -> HubRow:
    pictures = [row.pop(column) for column in PICTURES]
    puzzle, solution = (picture.get("bytes") if isinstance(picture, dict) else picture for picture in pictures)
    if not (isinstance(puzzle, bytes) and isinstance(solution, bytes)):
        raise BadInput(f"{file}: row {row.get('id')!r} has no picture bytes: load and save the data set again")
    return HubRow({name: value for name, value in row.items() if value is not None}, puzzle, solution)


def _guarded(file: Path, batches: Iterator[Any]) -> Iterator[Any]:
    """The batches; bad input where the file is damaged."""
    import pyarrow

    try:
        yield from batches
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise BadInput(f"{file}: is damaged ({error}): download it again") from error


def _plain(file: Path, batch: Any) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = batch.to_pylist()
    except (ValueError, OverflowError) as error:
        raise BadInput(f"{file}: holds values that cannot be read ({error}): download it again") from error
    return rows


def _open(file: Path) -> Any:
    import pyarrow
    import pyarrow.parquet

    try:
        return pyarrow.parquet.ParquetFile(file)
    except (pyarrow.ArrowException, OSError) as error:
        raise BadInput(f"{file}: is no readable parquet file ({error})") from error
