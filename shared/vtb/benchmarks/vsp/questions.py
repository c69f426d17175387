"""The questions of VSP's spatial planning in the form in which Mirage and ILVR test (test_direct.jsonl)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec import structs

from vtb.benchmarks.common.examples import check_keys, example_of, key_of
from vtb.benchmarks.common.listed_options import numbered_pictures
from vtb.benchmarks.common.rows import each_row, paths_of, words_of
from vtb.benchmarks.registry import Asking, ShownPicture
from vtb.benchmarks.vsp import KNOWN, NAME
from vtb.benchmarks.vsp.lake import Grid
from vtb.benchmarks.vsp.task import VspRecord, VspTask, check_map
from vtb.errors import BadInput
from vtb.tasks.example import figures_of

FOLDER = "data/vsp_spatial_planning/"  # of Mirage's repository, which its paths begin with


def read_published(path: Path) -> list[Asking]:
    """All questions of a file, in its order.

    Raises:
        BadInput: the file cannot be read, or a row is no question; the message has its number, from 1.
    """
    found = each_row(path, _asking)
    check_keys((asking.example.key for asking in found), path)
    return found


def _asking(row: Any, number: int, where: str) -> Asking:
    text = words_of(row, ("text_input",), where)
    paths = tuple(path.removeprefix(FOLDER) for path in paths_of(row, "image_input", where))
    question = numbered_pictures(text, len(paths)) if len(paths) == 1 else None
    if not question:
        raise BadInput(f"{where} does not show one picture and say something about it")
    record = VspRecord(question=question, grid=_grid(row.get("map_desc"), where))
    size = len(record.grid)
    if size not in KNOWN:
        raise BadInput(f"{where} has a map of {size} rows: maps have {KNOWN[0]} to {KNOWN[-1]}")
    task, name = VspTask(size), row.get("map_id")
    # Each size counts its maps anew.
    example = example_of(NAME, task, record, key_of(f"{NAME}-{size}", str(number if name is None else name)))
    whole = structs.replace(example, difficulty=figures_of(task.difficulty(record)))
    return Asking(whole, pictures=(ShownPicture(paths[0]),))


def _grid(value: Any, where: str) -> Grid:
    rows = value if isinstance(value, (list, tuple)) else ()
    if not rows or not all(isinstance(row, (list, tuple)) and all(type(cell) is int for cell in row) for row in rows):
        raise BadInput(f"{where} has no map (map_desc: rows of whole numbers)")
    grid = tuple(tuple(row) for row in rows)
    try:
        check_map(grid)
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error
    return grid
