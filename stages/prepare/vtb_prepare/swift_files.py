"""The engine's files, put together from the neutral rows of the shards: ``SPLIT_USE.jsonl``."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.artifact import FileEntry, ShardEntry
from vtb.artifact.output import Output
from vtb_prepare.splits import SPLITS

Row = Mapping[str, Any]


def put_rows(
    output: Output, shards: Sequence[ShardEntry], uses: Mapping[str, Callable[[Row], Row]], empty: Row
) -> list[FileEntry]:
    """Every row into the file of its split for each use; ``empty`` has the columns that only some rows fill."""
    with tempfile.TemporaryDirectory() as folder:
        names = [f"{split}_{use}.jsonl" for split in SPLITS for use in uses]
        _write(Path(folder), names, rows_of(output, shards), uses, empty)
        return [output.put_file(name, Path(folder) / name) for name in names]


def rows_of(output: Output, shards: Sequence[ShardEntry]) -> Iterator[dict[str, Any]]:
    """The neutral rows of all shards, in order."""
    for shard in shards:
        for line in output.store.get_bytes(shard.path).decode().splitlines():
            yield json.loads(line)


def _write(
    folder: Path, names: Sequence[str], rows: Iterator[Row], uses: Mapping[str, Callable[[Row], Row]], empty: Row
) -> None:
    with contextlib.ExitStack() as stack:
        files = {
            name: stack.enter_context((folder / name).open("w", encoding="utf-8", errors="replace")) for name in names
        }
        for row in rows:
            for use, make in uses.items():
                file = files.get(f"{row['split']}_{use}.jsonl")
                if file is not None:
                    file.write(json.dumps({**empty, **make(row)}, ensure_ascii=False) + "\n")
