"""The VLMPuzzle folder layout: ``<task>/data.json`` beside ``puzzles/`` and ``solutions/``.

Payloads of ours already use the field names of that layout; here the paths and the old names of prompts are added.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from vtb.errors import BadInput
from vtb.formats.half_pairs import without_half_pairs
from vtb.formats.split_names import is_hidden
from vtb.formats.webdataset import Sample
from vtb.regular_file import read_regular
from vtb.tasks.example import ASKED, Example, example_fields, media_named

DATA = "data.json"
OLD_IMAGE = "puzzle_image_path"
FOLDERS = ("puzzles", "solutions")
# The columns that name the parts of a sample in the lines of our own folders.
COLUMNS = {
    "puzzle.png": "puzzle_image", "solution.png": "solution_image", "solution.mp4": "solution_video",
    "reasoning.png": "reasoning_image",
}  # fmt: skip
MAX_RECORDS = 1 << 30  # bytes


def media_path(task: str, key: str, part: str) -> str:
    """Where a part of a sample lies below the root."""
    folder = "solutions" if part.startswith("solution") else "puzzles"
    return f"{task}/{folder}/{key}_{part}"


def part_at(path: str, key: str) -> str:
    """The part of a sample that lies there."""
    return path.rpartition("/")[2].removeprefix(f"{key}_")


def folder_files(sample: Sample, example: Example) -> dict[str, bytes]:
    """The media files of a sample by path below the root: those that the example lists, and those of the layout."""
    named = {*COLUMNS, *(medium.name for medium in example.media)}
    return {media_path(example.task, sample.key, part): data for part, data in sample.parts.items() if part in named}


def folder_line(example: Example) -> str:
    """The example as a line of JSON with fixed columns, which name its media by their paths below the root."""
    there = {medium.name for medium in example.media}
    named = {
        column: media_path(example.task, example.key, part) if part in there else None
        for part, column in COLUMNS.items()
    }
    return json.dumps({**example_fields(example), **named}) + "\n"


def folder_record(example: Example) -> dict[str, Any]:
    """The example as the layout has it: the payload's fields beside the others, paths relative to the task's folder.

    Figures of difficulty are by name, and ``prompt`` and ``gpt5_prompt`` are the layout's own names.
    """
    fields = {**example_fields(example), "difficulty": example.figures}
    media = [{**medium, "name": _below_task(example, medium["name"])} for medium in fields.pop("media")]
    del fields["payload"], fields["key"]
    split = {} if example.split is None else {"split": example.split}
    first = next((medium.name for medium in example.media if medium.role == ASKED), "puzzle.png")
    solution, video = media_named(example.media, "solution"), media_named(example.media, "solution", "video")
    return {
        "id": example.key,
        **fields,
        **split,
        "media": media,
        **msgspec.to_builtins(example.payload),
        "prompt": example.prompts.video,
        "gpt5_prompt": example.prompts.vlm,
        "image": _below_task(example, first),
        **({"solution_image_path": _below_task(example, solution)} if solution else {}),
        **({"solution_video_path": _below_task(example, video)} if video else {}),
    }


def _below_task(example: Example, part: str) -> str:
    return media_path(example.task, example.key, part).split("/", 1)[1]


def find_data_files(root: Path) -> list[Path]:
    """The ``data.json`` files of a dataset, in the folder itself or at any depth below.

    None is looked for below another: workers leave parts of a task there. Links are followed, to no folder twice.
    """
    found, seen = list[Path](), set[str]()
    for place, folders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(place)
        if DATA in names and real not in seen and Path(place, DATA).is_file():
            found.append(Path(place, DATA))
            folders.clear()
        elif real in seen:
            folders.clear()
        seen.add(real)
        folders[:] = sorted(name for name in folders if not is_hidden(Path(name)))
    return sorted(found)


def data_files(root: Path) -> list[Path]:
    """The same, where there must be one."""
    found = find_data_files(root)
    if not found:
        raise BadInput(f"{root}: holds no puzzles artifact and no VLMPuzzle {DATA}, in it or below")
    return found


def read_records(file: Path) -> Iterator[dict[str, Any]]:
    """The records of one ``data.json``; the oldest tools say ``puzzle_image_path`` for ``image``."""
    try:
        records = json.loads(without_half_pairs(read_regular(file, MAX_RECORDS)).decode())
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"{file}: cannot be read as JSON: {error}") from error
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise BadInput(f"{file}: must hold a list of records")
    for record in records:
        yield {"image": record[OLD_IMAGE], **record} if OLD_IMAGE in record else record


def media_file(data_file: Path, relative: str) -> Path:
    """A media file that a record names; it must lie below the folder of its ``data.json``.

    The folders of the layout may be links to elsewhere, as people make them for pictures on another disk.
    """
    folder = data_file.parent.resolve()
    try:
        path = (folder / relative).resolve()
        first = relative.split("/")[0]
        below = (folder / first).resolve() if first in FOLDERS else folder
    except RuntimeError as error:  # how pathlib tells a loop of symbolic links
        raise BadInput(f"{data_file}: {relative!r} is a loop of links") from error
    if not (path.is_relative_to(folder) or path.is_relative_to(below)):
        raise BadInput(f"{data_file}: {relative!r} leads out of the folder")
    return path
