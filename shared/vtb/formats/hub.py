"""Rows of the benchmark as the Hugging Face hub has them: parquet files with words and pictures, read locally.

Columns: task, id, prompt, image, solution_image; a picture is its file's bytes, or a struct that has them. The split is
in the file's name (``test-00000-of-00001.parquet``) or in a folder's (``minitest_Vision-Centric_Reasoning``).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtb.errors import BadInput
from vtb.formats.split_names import is_hidden, split_of_place
from vtb.regular_file import open_regular

log = logging.getLogger("vtb.formats")
PICTURES = ("image", "solution_image")
WORDS = ("task", "id", "prompt")
MAX_ROWS = 10_000_000  # of a file
MAX_COLUMN = 1 << 31  # bytes of a column in one row group, unpacked
BATCH_BYTES, BATCH_ROWS = 1 << 28, 16  # of rows that are in memory at a time
MAX_ID = 1000  # characters


@dataclass(frozen=True)
class HubRow:
    """One puzzle: its words by column, and the files of its two pictures."""

    words: dict[str, Any]
    puzzle: bytes
    solution: bytes


def find_parquet(root: Path) -> list[Path]:
    """Every parquet file, in the order of their names: the file itself, or those below a folder."""
    if root.is_file():
        return [root] if root.suffix == ".parquet" else []
    return sorted(file for file in root.rglob("*.parquet") if not is_hidden(file.relative_to(root)))


def parquet_files(root: Path) -> list[Path]:
    """Those that hold puzzles.

    Raises:
        BadInput: a file is no parquet file, or none holds puzzles.
    """
    found = []
    for file in find_parquet(root):
        missing = [column for column in (*WORDS, *PICTURES) if column not in _open(file).schema_arrow.names]
        if missing:
            log.warning("%s: has no column %s, so no puzzles with solutions: left out", file, missing[0])
        else:
            found.append(file)
    if not found:
        raise BadInput(f"{root}: holds no parquet file with the columns {', '.join((*WORDS, *PICTURES))}")
    return found


def split_of(file: Path, root: Path) -> str:
    """The split that a file's place says; where it says none it is the benchmark's test, from which no model learns."""
    return split_of_place(file, root.parent if root.is_dir() else root.parent.parent, by_name=True) or "test"


def row_count(file: Path) -> int:
    """Rows of a file."""
    return int(_open(file).metadata.num_rows)


def read_ids(file: Path) -> list[str]:
    """The ids of all rows."""
    return [str(row["id"]) for batch in _batches(file, ["id"]) for row in _plain(file, batch)]


def read_rows(file: Path, start: int, count: int) -> Iterator[HubRow]:
    """Some rows of a file, a few in memory at a time."""
    number = 0
    for batch in _batches(file, [*WORDS, *PICTURES]):
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


def _batches(file: Path, columns: list[str]) -> Iterator[Any]:
    """Columns of all rows, so many rows at a time that they fit in memory; bad input where the file is damaged.

    A value that is stored once may stand in every row, so a batch may be as large as its rows times the column.
    """
    import pyarrow

    opened = _open(file)
    try:
        for group in range(opened.num_row_groups):
            chunks = opened.metadata.row_group(group)
            parts = [chunks.column(number) for number in range(chunks.num_columns)]
            sizes = [part.total_uncompressed_size for part in parts if part.path_in_schema.split(".")[0] in columns]
            if max(sizes) > MAX_COLUMN:
                raise BadInput(f"{file}: unpacks to {max(sizes)} bytes in one row group: save it in smaller groups")
            rows = max(1, min(BATCH_ROWS, BATCH_BYTES // max(1, *sizes)))
            yield from opened.iter_batches(batch_size=rows, row_groups=[group], columns=columns)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise BadInput(f"{file}: is damaged ({error}): download it again") from error


def _plain(file: Path, batch: Any) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = batch.to_pylist()
        if any(len(str(row["id"])) > MAX_ID for row in rows):
            raise ValueError(f"an id of more than {MAX_ID} characters")
    except (ValueError, OverflowError) as error:
        raise BadInput(f"{file}: holds values that cannot be read ({error}): download it again") from error
    return rows


def _open(file: Path) -> Any:
    import pyarrow
    import pyarrow.parquet

    try:
        open_regular(file).close()  # arrow would wait for a pipe
        opened = pyarrow.parquet.ParquetFile(file)
    except (pyarrow.ArrowException, OSError) as error:
        raise BadInput(f"{file}: is no readable parquet file ({error})") from error
    if opened.metadata.num_rows > MAX_ROWS:
        raise BadInput(f"{file}: says that it has {opened.metadata.num_rows} rows, more than {MAX_ROWS}")
    return opened
