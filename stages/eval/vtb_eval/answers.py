"""A folder with a model's answers, found by the ids of the puzzles.

Any of these, mixed as they come: ``ID.png``, ``ID.mp4``, ``ID.txt``, ``ID.transcript.txt`` at any depth, also
``ID_solution.png`` and the like; ``ID_2.mp4`` for a second attempt; a folder ``ID/`` with the files of an attempt,
whatever they are called (``video_1.mp4``, ``content.txt``), or with a folder for each attempt. A file
``transcription.json`` holds what was said in a video, as Whisper writes it.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vtb.artifact import InputEntry
from vtb.artifact.output import file_sha256
from vtb.errors import BadInput
from vtb.store import is_remote
from vtb_eval.contents import MAX_BYTES

KIND = "results-folder"
IMAGES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif")
VIDEOS = (".mp4", ".webm", ".mov", ".mkv", ".avi", ".m4v")
TEXTS = (".txt",)
TRANSCRIPTS = (".transcript.txt", ".transcription.txt", ".transcription.json", ".transcript.json")
# Files that lie beside answers and are none.
NOT_ANSWERS = re.compile(
    r"(^|[._-])(puzzle|input|prompt|question|evaluation|config|log|error|readme|note|metadata)s?([._-]|\d|$)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:[._-]| ?\()([0-9]{1,4})\)?$")
_WORD = re.compile(r"[._](solution|answer|result|output|prediction|pred)$", re.IGNORECASE)
_DIGITS = re.compile(r"([0-9]{1,18})")


Attempt = Mapping[str, Path]  # the files of one answer, by kind: image, video, text, transcript


@dataclass(frozen=True)
class Found:
    """A file that may belong to a puzzle: in which folder and attempt, and how far its name is from the puzzle's."""

    path: Path
    stem: str
    kind: str
    folder: int
    attempt: str
    distance: int


class Answers:
    """Everything that results folders hold."""

    def __init__(self, folders: Sequence[str]) -> None:
        """Look through the folders once; nothing is read yet."""
        self.folders = [_local(folder) for folder in folders]
        self._names: dict[str, list[Found]] = {}
        self._known: frozenset[str] = frozenset()
        for number, folder in enumerate(self.folders):
            for path in _files(folder):
                self._add(number, path.relative_to(folder).parts, path)

    def settle(self, known: Iterable[str]) -> None:
        """Tell which puzzles there are: a file called after one is not another attempt at one with a shorter name."""
        self._known = frozenset(known)

    def _add(self, number: int, parts: Sequence[str], path: Path) -> None:
        split = split_name(parts[-1])
        if split is None:
            return
        stem, kind = split
        worded = _WORD.search(stem)
        stem = stem[: worded.start()] if worded else stem
        places = [(stem, ""), *_numbered(stem, "")]
        places += [] if NOT_ANSWERS.search(stem) else list(_parents(parts[:-1]))
        for distance, (name, attempt) in enumerate(places):
            self._names.setdefault(name, []).append(Found(path, stem, kind, number, attempt, distance))

    def of(self, puzzle: str) -> list[list[Attempt]]:
        """The attempts at a puzzle, of each folder in the order of their names there.

        Several files of a kind in one place are as many attempts.
        """
        nearest: dict[Path, Found] = {}
        for found in sorted(self._names.get(puzzle, ()), key=lambda found: found.distance):
            if found.stem == puzzle or found.stem not in self._known:
                nearest.setdefault(found.path, found)
        places: list[dict[str, dict[str, list[Path]]]] = [{} for _ in self.folders]
        for found in nearest.values():
            places[found.folder].setdefault(found.attempt, {}).setdefault(found.kind, []).append(found.path)
        return [
            [attempt for label in sorted(folder, key=_natural) for attempt in _attempts(folder[label])]
            for folder in places
        ]

    def strangers(self, known: set[str]) -> list[Path]:
        """Files that belong to none of these puzzles."""
        owned = {found.path for name in known for found in self._names.get(name, ())}
        return sorted({found.path for every in self._names.values() for found in every} - owned)

    def entries(self) -> list[InputEntry]:
        """The folders for a manifest, by the content of all their files."""
        return [InputEntry(str(folder), KIND, _digest(folder)) for folder in self.folders]


def split_name(name: str) -> tuple[str, str] | None:
    """A file's name without its ending, and what it holds; None for what is no answer."""
    lower = name.lower()
    for endings, kind in ((TRANSCRIPTS, "transcript"), (IMAGES, "image"), (VIDEOS, "video"), (TEXTS, "text")):
        for ending in endings:
            if lower.endswith(ending):
                return name[: -len(ending)], _kind(name[: -len(ending)], kind)
    return (name[:-5], "transcript") if lower in ("transcription.json", "transcript.json") else None


def _kind(stem: str, kind: str) -> str:
    return "transcript" if kind == "text" and stem.lower() in ("transcript", "transcription") else kind


def _parents(folders: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each folder from the innermost out, with the folders between it and the file."""
    for place in range(len(folders) - 1, -1, -1):
        below = "/".join(folders[place + 1 :])
        yield folders[place], below
        yield from _numbered(folders[place], below)


def _numbered(name: str, below: str) -> list[tuple[str, str]]:
    """The name without a number at its end, and the number with what lies below."""
    found = _NUMBER.search(name)
    return [(name[: found.start()], f"{found[1]}/{below}".rstrip("/"))] if found else []


def _attempts(kinds: Mapping[str, list[Path]]) -> Iterator[Attempt]:
    """The first files of every kind, the second ones, and so on."""
    ordered = {kind: sorted(paths, key=lambda path: _natural(path.name)) for kind, paths in kinds.items()}
    for number in range(max(len(paths) for paths in ordered.values())):
        yield {kind: paths[number] for kind, paths in ordered.items() if number < len(paths)}


def _natural(text: str) -> list[tuple[bool, int, str]]:
    """Sorts 2 before 10."""
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in _DIGITS.split(text)]


def _local(folder: str) -> Path:
    if is_remote(folder):
        raise BadInput(f"{folder}: a results folder must be local: copy it here first")
    path = Path(folder.removeprefix("file://"))
    if not folder or not path.is_dir():
        raise BadInput(f"{folder}: is no folder: give one with files named by the ids of the puzzles")
    return path.resolve()


def _digest(folder: Path) -> str:
    """Names and contents; of what is too large to be judged, or cannot be read, the size alone."""
    digest = hashlib.sha256()
    for path in (path for path in _files(folder) if split_name(path.name)):
        size = path.stat().st_size
        try:
            content = file_sha256(path) if 0 < size <= MAX_BYTES else ""
        except OSError:
            content = "unreadable"
        digest.update(os.fsencode(path.relative_to(folder)) + f"\0{size} {content}\0".encode())
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    """Every regular file below a folder, through links too, but through no folder twice."""
    found, seen = list[Path](), set[str]()
    for place, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        found += [path for path in (Path(place, name) for name in names) if path.is_file()]
    return sorted(found)
