"""The files that DSR Suite's tools exchange: ``dynamic_videos.json`` and ``agent_object.csv``.

Its curation by captions writes a flat list of names, its curation by frames a dict of file names by category; what
makes the questions knows the first alone. Here both are written and read.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import msgspec

from vtb.datasets.videos.record import KEPT, Video, VideoRow, class_names, name_of_file
from vtb.errors import BadInput
from vtb.formats.csv_rows import read_csv
from vtb.formats.half_pairs import without_half_pairs
from vtb.formats.named_once import named_once

DYNAMIC, CLASSES = "dynamic_videos.json", "agent_object.csv"
COLUMNS = ("videoID", "agent", "obj")
NONE = "None"


def dynamic_videos(rows: Sequence[VideoRow]) -> bytes:
    """The kept videos: file names by category where each has one, else a flat list of names."""
    kept = [row for row in rows if row.outcome == KEPT]
    by_category: dict[str, list[str]] = {}
    for row in kept:
        by_category.setdefault(row.category or "", []).append(row.file or f"{row.video}.mp4")
    flat = not kept or "" in by_category
    found = [row.video for row in kept] if flat else dict(sorted(by_category.items()))
    return (json.dumps(found, indent=1, ensure_ascii=False) + "\n").encode()


def agent_object(rows: Sequence[VideoRow]) -> bytes:
    """The classes of every video for which the model named some."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        if row.agents or row.objects:
            writer.writerow((row.video, ".".join(row.agents) or NONE, ".".join(row.objects) or NONE))
    return text.getvalue().encode()


def read_dynamic_videos(path: Path, data: bytes) -> list[Video]:
    """The videos of either form, in its order.

    Raises:
        BadInput: it is neither.
    """
    try:
        content = json.loads(without_half_pairs(data), object_pairs_hook=named_once)
        found = msgspec.convert(content, type=list[str] | dict[str, list[str]])
    except (msgspec.ValidationError, ValueError, RecursionError) as error:
        raise BadInput(f"{path}: is no list of videos, and no dict of such lists by category ({error})") from error
    if isinstance(found, list):
        return [Video(name_of_file(name)) for name in found]
    return [Video(name_of_file(file), category=category) for category, files in found.items() for file in files]


def read_agent_object(path: Path) -> list[Video]:
    """The videos with their classes.

    Raises:
        BadInput: it cannot be read, or lacks a column.
    """
    rows = read_csv(path, COLUMNS)
    return [Video(name_of_file(row["videoID"]), *_both(row["agent"], row["obj"])) for row in rows if row["videoID"]]


def _both(agents: str, objects: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is called both acts."""
    acting = class_names(agents)
    return acting, tuple(name for name in class_names(objects) if name not in acting)
