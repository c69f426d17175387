"""Rows of a CSV file with a head; cells may hold line ends, and be long."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from vtb.errors import BadInput
from vtb.regular_file import open_regular

LONGEST_CELL = 1 << 24


def read_csv(path: Path, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    """The rows by their columns, one after the other; a cell that a short row lacks is empty.

    Raises:
        BadInput: it cannot be read, or its head lacks one of the ``columns``.
    """
    csv.field_size_limit(LONGEST_CELL)
    try:
        with open_regular(path) as file:
            reader = csv.DictReader(io.TextIOWrapper(file, "utf-8-sig", "replace", ""), restval="")
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                raise BadInput(f"{path}: has no column {missing[0]!r}: its head must name {', '.join(columns)}")
            for row in reader:
                yield {name: value for name, value in row.items() if name is not None}
    except csv.Error as error:
        raise BadInput(f"{path}: line {reader.line_num}: cannot be read as CSV ({error})") from error
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from error
