"""The VLMPuzzle folder layout of an artifact: lines of JSON in its shards, and from these one ``data.json`` a task."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import structs

from vtb.artifact import FileEntry, ShardEntry
from vtb.artifact.output import Output
from vtb.formats.vlmpuzzle import DATA, folder_record
from vtb.tasks.example import Example
from vtb.tasks.registry import decode_example

LAYOUT = (
    "The layout is that of VLMPuzzle: `data.json` of each task names the picture and the solution of each record. "
    "The same examples with fixed columns are the lines of `shards/*.jsonl`."
)


def write_data_files(output: Output, shards: Sequence[ShardEntry]) -> list[FileEntry]:
    """One ``data.json`` a task from the shards' lines, through files: the whole lists need not fit in memory."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        paths = {}
        files = {}
        for example in _examples(output, shards):
            task = example.task
            first = task not in files
            if first:
                paths[task] = Path(folder) / f"{task}.json"
                files[task] = stack.enter_context(paths[task].open("w", encoding="utf-8"))
            record = json.dumps(folder_record(example), indent=2, ensure_ascii=False)
            files[task].write(("[\n" if first else ",\n") + record)
        for file in files.values():
            file.write("\n]\n")
            file.close()
        return [output.put_file(f"{task}/{DATA}", path) for task, path in paths.items()]


def _examples(output: Output, shards: Sequence[ShardEntry]) -> Iterator[Example]:
    for shard in shards:
        for line in output.store.get_bytes(shard.path).splitlines():
            yield structs.replace(decode_example(line), split=shard.split)
