"""Parquet files that unpack to far more than they weigh, and what is no parquet file at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from vtb.errors import BadInput
from vtb.formats import hub

MEMORY = """
import resource, sys
from pathlib import Path
from vtb.errors import BadInput
from vtb.formats import hub
import pyarrow.parquet
start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    print(len(hub.read_ids(Path(sys.argv[1]))), sum(1 for _ in hub.read_rows(Path(sys.argv[1]), 0, 40)), end=" ")
except BadInput:
    print("refused", end=" ")
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start) >> 10)
"""


def write(path: Path, rows: int, **columns: Any) -> Path:
    """A file with one value per column in every row."""
    values = {"task": "a", "prompt": "p", "image": b"i", "solution_image": b"s", **columns}
    table = {name: pyarrow.array([value] * rows) for name, value in values.items()}
    ids = {"id": pyarrow.array([str(number) for number in range(rows)])} if "id" not in columns else {}
    pyarrow.parquet.write_table(pyarrow.table({**ids, **table}), path, compression="zstd")
    return path


def read_apart(path: Path) -> tuple[str, int]:
    """What reading says, and the mebibytes it takes, in a process of its own."""
    said = subprocess.run([sys.executable, "-c", MEMORY, path], capture_output=True, text=True, check=True).stdout
    words, memory = said.rsplit(maxsplit=1)
    return words, int(memory)


def test_one_value_in_every_row_is_not_unpacked_at_once(tmp_path: Path) -> None:
    path = write(tmp_path / "test-0.parquet", 64, image=bytes(1 << 25))  # 2 GiB of pictures
    assert path.stat().st_size < 100_000
    words, memory = read_apart(path)
    assert words == "64 40"
    assert memory < 600


def test_an_enormous_id_is_refused(tmp_path: Path) -> None:
    words, memory = read_apart(write(tmp_path / "test-0.parquet", 500, id="i" * (1 << 22)))
    assert words == "refused"
    assert memory < 600


def test_a_file_that_claims_a_row_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "test-0.parquet", 5)
    monkeypatch.setattr(hub, "MAX_ROWS", 4)
    with pytest.raises(BadInput, match="says that it has 5 rows"):
        hub.row_count(path)
    monkeypatch.setattr(hub, "MAX_ROWS", 5)
    monkeypatch.setattr(hub, "MAX_COLUMN", 10)
    assert hub.row_count(path) == 5
    with pytest.raises(BadInput, match="unpacks to"):
        hub.read_ids(path)


def test_a_pipe_is_no_parquet_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "test-0.parquet")
    with pytest.raises(BadInput, match="no regular file"):
        hub.parquet_files(tmp_path)
