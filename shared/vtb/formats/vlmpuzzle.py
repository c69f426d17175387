"""The VLMPuzzle folder layout: ``<task>/data.json`` beside ``puzzles/`` and ``solutions/``.

A record of ours already uses the field names of that layout; here the paths and the old names of prompts are added,
and taken back when reading.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vtb.errors import BadInput
from vtb.formats.leftovers import without_leftovers
from vtb.formats.webdataset import Sample

DATA = "data.json"


def media_paths(task: str, key: str) -> dict[str, str]:
    """Where the parts of a sample lie below the root, by part."""
    return {
        "puzzle.png": f"{task}/puzzles/{key}_puzzle.png",
        "solution.png": f"{task}/solutions/{key}_solution.png",
        "solution.mp4": f"{task}/solutions/{key}_solution.mp4",
        "reasoning.png": f"{task}/puzzles/{key}_reasoning.png",
    }


def folder_files(sample: Sample, record: Mapping[str, Any]) -> dict[str, bytes]:
    """The media files of a sample by path below the root."""
    paths = media_paths(record["task"], record["id"])
    return {paths[part]: data for part, data in sample.parts.items() if part in paths}


def folder_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with the layout's own fields; paths are relative to the task's folder."""
    paths = {part: path.split("/", 1)[1] for part, path in media_paths(record["task"], record["id"]).items()}
    added = {
        "prompt": record["prompts"]["video"],
        "gpt5_prompt": record["prompts"]["vlm"],
        "image": paths["puzzle.png"],
        "solution_image_path": paths["solution.png"],
    }
    return {**record, **added, **({"solution_video_path": paths["solution.mp4"]} if record.get("clip") else {})}


def data_files(root: Path) -> list[Path]:
    """The ``data.json`` files of a dataset: in the folder itself, or one per task below it."""
    found = [root / DATA] if (root / DATA).is_file() else sorted(without_leftovers(root, root.glob(f"*/{DATA}")))
    if not found:
        raise BadInput(f"{root}: holds no puzzles artifact and no VLMPuzzle {DATA}, in it or one folder down")
    return found


def read_records(file: Path) -> Iterator[dict[str, Any]]:
    """The records of one ``data.json``."""
    try:
        records = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"{file}: cannot be read as JSON: {error}") from error
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise BadInput(f"{file}: must hold a list of records")
    yield from records


def media_file(data_file: Path, relative: str) -> Path:
    """A media file that a record names; it must lie below the folder of its ``data.json``."""
    folder = data_file.parent.resolve()
    path = (folder / relative).resolve()
    if not path.is_relative_to(folder):
        raise BadInput(f"{data_file}: {relative!r} leads out of the folder")
    return path
