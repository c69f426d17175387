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
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vtb.artifact import InputEntry
from vtb.artifact.output import file_sha256
from vtb.errors import BadInput
from vtb.formats.leftovers import without_leftovers
from vtb.media.endings import VIDEOS
from vtb.natural_order import natural_order
from vtb.store import is_remote
from vtb_eval.contents import MAX_BYTES

KIND = "results-folder"
IMAGES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif")
TEXTS = (".txt",)
TRANSCRIPTS = (".transcript.txt", ".transcription.txt", ".transcription.json", ".transcript.json")
# Files that lie beside answers and are none.
NOT_ANSWERS = re.compile(
    r"(^|[._-])(puzzle|input|prompt|question|evaluation|config|log|error|readme|note|metadata)s?([._-]|\d|$)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:[._-]| ?\()([0-9]{1,4})\)?$")
_WORD = re.compile(r"[._](solution|answer|result|output|prediction|pred)$", re.IGNORECASE)


Attempt = Mapping[str, Path]  # the files of one answer, by kind: image, video, text, transcript


@dataclass(frozen=True)
class Found:
    """A file that may be an answer: what it holds, where it lies, and for which puzzle and attempt it may be meant.

    ``places`` are names of puzzles with the attempt's name, the likeliest first.
    """

    path: Path
    kind: str
    folder: int
    places: tuple[tuple[str, str], ...]


class Answers:
    """Everything that results folders hold."""

    def __init__(self, folders: Sequence[str]) -> None:
        """Look through the folders once; nothing is read yet."""
        self.folders = [_local(folder) for folder in folders]
        self._files: list[Found] = []
        self._owned: dict[str, list[tuple[Found, str]]] = {}
        self.strangers: list[Path] = []
        self.unread: list[Path] = []  # what they hold is not told by their names, or they are no regular files
        for number, folder in enumerate(self.folders):
            for path in _files(folder):
                found = _find(number, path.relative_to(folder).parts, path) if path.is_file() else None
                if found is None:
                    self.unread.append(path)
                else:
                    self._files.append(found)

    def settle(self, known: Collection[str]) -> None:
        """Give every file to the one puzzle that it is for; those for none become ``strangers``."""
        self._owned, self.strangers = {}, []
        for found in self._files:
            owner = next(((name, attempt) for name, attempt in found.places if name in known), None)
            if owner is None:
                self.strangers.append(found.path)
            else:
                self._owned.setdefault(owner[0], []).append((found, owner[1]))

    def of(self, puzzle: str) -> list[list[Attempt]]:
        """The attempts at a puzzle, of each folder in the order of their names there.

        Several files of a kind in one place are as many attempts.
        """
        places: list[dict[str, dict[str, list[Path]]]] = [{} for _ in self.folders]
        for found, attempt in self._owned.get(puzzle, ()):
            places[found.folder].setdefault(attempt, {}).setdefault(found.kind, []).append(found.path)
        return [
            [attempt for label in sorted(folder, key=natural_order) for attempt in _attempts(folder[label])]
            for folder in places
        ]

    def attempts(self, puzzle: str) -> list[Attempt]:
        """The attempts at a puzzle over all folders; every folder is one, also where it has no answer."""
        return [attempt for run in self.of(puzzle) for attempt in (run or [{}])]

    def entries(self) -> list[InputEntry]:
        """The folders for a manifest, by the content of all their files: reads everything, so ask once."""
        paths: list[list[Path]] = [[] for _ in self.folders]
        for found in self._files:
            paths[found.folder].append(found.path)
        every = zip(self.folders, paths, strict=True)
        return [InputEntry(str(folder), KIND, _digest(folder, below)) for folder, below in every]


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


def _find(folder: int, parts: Sequence[str], path: Path) -> Found | None:
    """The file named after a puzzle first, then the folders that it lies in, from the innermost out."""
    split = split_name(parts[-1])
    if split is None:
        return None
    stem, kind = split
    own, around = list(_called(stem, "")), list[tuple[str, str]]()
    if not NOT_ANSWERS.search(stem):
        for place in range(len(parts) - 2, -1, -1):
            around += _called(parts[place], "/".join(parts[place + 1 : -1]))
    # A bare number is an attempt's more often than a puzzle's.
    return Found(path, kind, folder, tuple([*around, *own] if stem.isdecimal() else [*own, *around]))


def _called(name: str, below: str) -> Iterator[tuple[str, str]]:
    """What a name may stand for: itself, without a word like ``solution``, without a number, without both."""
    for plain in dict.fromkeys((name, _WORD.sub("", name))):
        yield plain, below
    for plain in dict.fromkeys((name, _WORD.sub("", name))):
        if numbered := _NUMBER.search(plain):
            attempt = f"{numbered[1]}/{below}".rstrip("/")
            yield plain[: numbered.start()], attempt
            yield _WORD.sub("", plain[: numbered.start()]), attempt


def _attempts(kinds: Mapping[str, list[Path]]) -> Iterator[Attempt]:
    """The first files of every kind, the second ones, and so on."""
    ordered = {kind: sorted(paths, key=lambda path: natural_order(path.name)) for kind, paths in kinds.items()}
    for number in range(max(len(paths) for paths in ordered.values())):
        yield {kind: paths[number] for kind, paths in ordered.items() if number < len(paths)}


def _local(folder: str) -> Path:
    if is_remote(folder):
        raise BadInput(f"{folder}: a results folder must be local: copy it here first")
    path = Path(folder.removeprefix("file://"))
    if not folder or not path.is_dir():
        raise BadInput(f"{folder}: is no folder: give one with files named by the ids of the puzzles")
    return path.resolve()


def _digest(folder: Path, paths: Sequence[Path]) -> str:
    """Names and contents; of what is too large to be judged, or cannot be read, the size alone."""
    digest = hashlib.sha256()
    for path in paths:
        size = path.stat().st_size
        try:
            content = file_sha256(path) if 0 < size <= MAX_BYTES else ""
        except OSError:
            content = "unreadable"
        digest.update(os.fsencode(path.relative_to(folder)) + f"\0{size} {content}\0".encode())
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    """Every file below a folder, through links too, but through no folder twice, and no file that machines leave."""
    found, seen = list[Path](), set[str]()
    for place, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        found += [Path(place, name) for name in names]
    return sorted(without_leftovers(folder, found))
