"""ARC tasks: a folder of public task JSON files, or a zip of them."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtb.errors import BadInput, in_words
from vtb.formats.leftovers import left_behind, without_leftovers

Grid = tuple[tuple[int, ...], ...]
MAX_SIDE, COLORS, MAX_BYTES = 30, 10, 5_000_000


@dataclass(frozen=True)
class ArcTask:
    """One task: its id, its training pairs, and its first test pair."""

    task_id: str
    train: tuple[tuple[Grid, Grid], ...]
    test: tuple[Grid, Grid]


def read_tasks(place: Path) -> list[ArcTask]:
    """Every task of a folder or zip once, in the order of the ids.

    Raises:
        BadInput: nothing there, a file that is no ARC task, or two tasks of one name; the message names it.
    """
    if not place.exists():
        raise BadInput(f"{place}: does not exist: give a folder of ARC task files (*.json) or a zip of them")
    files = _zip_files(place) if place.is_file() else _folder_files(place)
    tasks: dict[str, ArcTask] = {}
    for name, text in files:
        task = _parse(name, text)
        if tasks.setdefault(task.task_id, task) != task:
            raise BadInput(f"{place}: holds two different tasks called {task.task_id}: take one of their folders")
    if not tasks:
        raise BadInput(f"{place}: holds no ARC task files (*.json)")
    return [tasks[task_id] for task_id in sorted(tasks)]


def tasks_digest(tasks: Sequence[ArcTask]) -> str:
    """Hash of all that is read of the tasks, wherever they lie and however they are packed."""
    return hashlib.sha256(json.dumps([[task.task_id, task.train, task.test] for task in tasks]).encode()).hexdigest()


def _folder_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(path for path in without_leftovers(folder, folder.rglob("*.json")) if path.is_file()):
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(f"{path}: is too large for an ARC task")
        yield str(path), path.read_bytes()


def _zip_files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Read in memory, never extracted; a member that unpacks to megabytes is no task."""
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if info.filename.endswith(".json") and not left_behind(info.filename):
                    if info.file_size > MAX_BYTES:
                        raise BadInput(f"{path}: {info.filename} is too large for an ARC task")
                    yield info.filename, archive.read(info)
    except (zipfile.BadZipFile, OSError, RuntimeError) as error:  # encrypted, or compressed in a way not known here
        raise BadInput(f"{path}: is no readable zip file ({error})") from error


def _parse(name: str, text: bytes) -> ArcTask:
    if any("\ud800" <= character <= "\udfff" for character in name):
        raise BadInput(f"{name!a}: the name of this file is no text: give it another")
    try:
        data = json.loads(text)
        train = tuple((grid(pair["input"]), grid(pair["output"])) for pair in data["train"])
        first = data["test"][0]
        task = ArcTask(Path(name).stem, train, (grid(first["input"]), grid(first["output"])))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise BadInput(f"{name}: is no ARC task with answers ({in_words(error)})") from error
    if not train:
        raise BadInput(f"{name}: has no training pairs")
    return task


def grid(rows: Any) -> Grid:
    """A grid of colors 0 to 9, 1x1 to 30x30."""
    found = tuple(tuple(row) for row in rows)
    if any(type(cell) is not int for row in found for cell in row):
        raise ValueError("a cell is a whole number")
    if not (1 <= len(found) <= MAX_SIDE and 1 <= len(found[0]) <= MAX_SIDE):
        raise ValueError("a grid has 1 to 30 rows and columns")
    if any(len(row) != len(found[0]) for row in found) or any(not 0 <= c < COLORS for row in found for c in row):
        raise ValueError("a grid is rectangular, its colors are 0 to 9")
    return found
