"""The objects of 4D-Bench's captions: human_annotations.csv (folder_name, caption_1 to caption_5)."""

from __future__ import annotations

import re
from pathlib import Path

from vtb.benchmarks.common.examples import check_keys, example_of, key_of
from vtb.benchmarks.common.rows import not_empty
from vtb.benchmarks.four_d_bench_captions import NAME
from vtb.benchmarks.four_d_bench_captions.task import TASKS, CaptionRecord
from vtb.benchmarks.registry import Asking
from vtb.errors import BadInput
from vtb.formats.csv_rows import read_csv

_CAPTIONS = tuple(f"caption_{number}" for number in range(1, 6))


def read_published(path: Path) -> list[Asking]:
    """All objects of a file, in its order.

    Raises:
        BadInput: the file cannot be read, or a row is no object; the message has its number, from 1.
    """
    rows = enumerate(read_csv(path, ("folder_name", *_CAPTIONS)), start=1)
    found = [_asking(row, f"{path}: row {number}") for number, row in rows]
    not_empty(found, path)
    check_keys((one.example.key for one in found), path)
    return found


def _asking(row: dict[str, str], where: str) -> Asking:
    thing = row["folder_name"].strip()
    if not re.fullmatch(r"[A-Za-z0-9_-]+", thing):
        raise BadInput(f"{where} has the folder_name {thing[:60]!r}: give the name of the object's folder")
    references = tuple(caption for name in _CAPTIONS if (caption := row[name].strip()))
    if not references:
        raise BadInput(f"{where} has no captions ({', '.join(_CAPTIONS)})")
    (task,) = TASKS.values()
    return Asking(example_of(NAME, task, CaptionRecord(thing, references), key_of(NAME, thing)), thing)
