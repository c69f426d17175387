"""Which videos there are: the rows of a caption file, the files of a folder, or both by their names."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from vtb.datasets.videos.record import name_of_file
from vtb.errors import BadInput
from vtb.formats.csv_rows import read_csv
from vtb.formats.leftovers import left_behind
from vtb.media.endings import VIDEOS

COLUMNS = ("videoID", "caption")
DURATIONS, SPAN = ("duration", "seconds"), "timestamp"
LONGEST_CAPTION = 20_000  # characters; those of Koala-36M have some 200 words
LONGEST_NAME = 200
_NO_NAME = re.compile(r"[\x00-\x1f\x7f/\\]|^\.")
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{1,4}(?:\.\d{1,9})?)")


@dataclass(frozen=True)
class Row:
    """A video that something is said or known about.

    Attributes:
        name: its name.
        caption: None where there is none.
        file: None where there is none.
        seconds: its length as the caption file says; None where it does not.
        why: why it is left out before anything is looked at; empty where it is not.
    """

    name: str
    caption: str | None = None
    file: Path | None = None
    seconds: float | None = None
    why: str = ""


@dataclass(frozen=True)
class Folder:
    """The video files of a folder by their names, in the order of these, and a hash of names and sizes."""

    files: Mapping[str, Path]
    digest: str


def find_files(folder: Path) -> Folder:
    """The video files that lie in a folder; folders in it are passed over.

    Raises:
        BadInput: it is no folder, holds no video, or two of one name.
    """
    if not folder.is_dir():
        raise BadInput(f"{folder}: is no folder of videos")
    found, sizes = dict[str, Path](), hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in VIDEOS or left_behind(path.name) or path.is_dir():
            continue
        name = name_of_file(path.name)
        if name in found:
            raise BadInput(f"{path}: {found[name].name} has the same name: leave one of them out")
        size = path.stat().st_size if path.exists() else -1  # a link to nowhere is found to be unreadable later
        found[name] = path
        sizes.update(f"{path.name} {size}\n".encode(errors="surrogateescape"))
    if not found:
        raise BadInput(f"{folder}: holds no videos ({', '.join(VIDEOS)})")
    return Folder(found, sizes.hexdigest())


def rows_of_folder(folder: Folder) -> list[Row]:
    """A row for each file."""
    return [Row(_shown(name), file=path, why=_bad_name(name)) for name, path in folder.files.items()]


def rows_of_captions(path: Path, folder: Folder | None) -> list[Row]:
    """A row for each of the file's, in its order; with a folder each has its video there.

    Raises:
        BadInput: the file cannot be read, or has no rows.
    """
    rows, seen = list[Row](), set[str]()
    for cells in read_csv(path, COLUMNS):
        row = _row(cells, folder)
        rows.append(replace(row, why=row.why or ("is named twice" if row.name in seen else "")))
        seen |= set() if row.why else {row.name}
    if not rows:
        raise BadInput(f"{path}: has no rows")
    return rows


def _row(cells: Mapping[str, str], folder: Folder | None) -> Row:
    name, caption = name_of_file(cells["videoID"].strip()), cells["caption"].strip()
    file = None if folder is None else folder.files.get(name)
    why = _bad_name(name)
    if not caption:
        why = why or "has no caption"
    elif len(caption) > LONGEST_CAPTION:
        why = why or "its caption is too long"
    if folder is not None and file is None:
        why = why or "its file is missing"
    return Row(_shown(name), caption[:LONGEST_CAPTION], file, _seconds(cells), why)


def _bad_name(name: str) -> str:
    """A name becomes that of a file."""
    if not name:
        return "has no name"
    good = len(name) <= LONGEST_NAME and not _NO_NAME.search(name) and name == _shown(name)
    return "" if good else "its name can be no file's"


def _shown(name: str) -> str:
    return name[:LONGEST_NAME].encode(errors="replace").decode()


def _seconds(cells: Mapping[str, str]) -> float | None:
    """As the columns say; None where they do not, or say something that is no length."""
    for column in DURATIONS:
        try:
            seconds = float(cells[column])
        except (KeyError, ValueError):
            continue
        if 0 <= seconds < float("inf"):  # what is no number is neither
            return seconds
    times = _CLOCK.findall(cells.get(SPAN, ""))
    if len(times) != 2:
        return None
    start, end = (int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds) for hours, minutes, seconds in times)
    return end - start if end >= start else None
