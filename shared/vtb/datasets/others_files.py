"""Examples of others: folders in the VLMPuzzle layout, and the parquet files of the benchmark."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePath
from typing import Any

from msgspec import structs

from vtb.benchmarks.videothinkbench.names import UnknownTask
from vtb.benchmarks.videothinkbench.records import as_example
from vtb.datasets.asked import asked_of, look_at, one_picture
from vtb.datasets.chunk import Chunk, Loaded
from vtb.datasets.folder_media import FIELDS, FIELDS_OF_OTHERS, folder_media, is_ours, read_media
from vtb.errors import BadInput
from vtb.formats import hub
from vtb.formats.split_names import split_of_place
from vtb.formats.vlmpuzzle import read_records
from vtb.media.image import UnreadableImage, decode_image
from vtb.puzzles.sample import CLIP, PUZZLE, REASONING, SOLUTION
from vtb.store import is_remote
from vtb.tasks.example import ASKED
from vtb.tasks.registry import from_fields

RECORDS_PER_CHUNK = 512
_CLIPS = (".mp4", ".webm")


def local_root(uri: str) -> Path:
    """The folder of an input; bad input where it is in a store."""
    if is_remote(uri):
        raise BadInput(f"{uri}: a folder in the VLMPuzzle layout must be local: copy it here first")
    return Path(uri)


def folder_chunks(uri: str, root: Path, file: Path) -> list[Chunk]:
    """The parts of one ``data.json``; its folder's place may say the split."""
    return _cut(uri, file, len(records_of(file)), split_of_place(file, root, by_name=False))


def records_of(file: Path) -> list[dict[str, Any]]:
    """The records of a ``data.json``, parsed once for the chunks that follow each other."""
    if not file.is_file():
        return list(read_records(file))  # says what is wrong
    state = file.stat()
    return _parsed(file, state.st_mtime_ns, state.st_size)


@functools.lru_cache(maxsize=1)
def _parsed(file: Path, _mtime_ns: int, _size: int) -> list[dict[str, Any]]:
    return list(read_records(file))


def hub_chunks(uri: str, root: Path, file: Path) -> list[Chunk]:
    """The parts of one parquet file."""
    return _cut(uri, file, hub.row_count(file), hub.split_of(file, root))


def _cut(uri: str, file: Path, rows: int, split: str | None) -> list[Chunk]:
    starts = range(0, rows, RECORDS_PER_CHUNK)
    return [Chunk(uri, str(file), min(RECORDS_PER_CHUNK, rows - start), start, split) for start in starts]


def read_folder(chunk: Chunk) -> Iterator[Loaded | BadInput]:
    """The examples of a part of a ``data.json``; for a puzzle of others that cannot be used, why, with its id.

    Raises:
        BadInput: a record of ours is damaged, or one is of a task that there is not.
    """
    file = Path(chunk.path)
    for record in folder_records(chunk):
        try:
            loaded = _own(file, record) if is_ours(record) else _of_others(file, record)
        except (OSError, UnreadableImage, BadInput) as error:
            if is_ours(record) or isinstance(error, UnknownTask):  # no odd puzzle of others, but damage or other data
                raise _unusable(file, record, error) from error
            yield _unusable(file, record, error)
            continue
        example = loaded.example
        yield replace(loaded, example=structs.replace(example, split=example.split or chunk.split))


def _own(file: Path, record: Mapping[str, Any]) -> Loaded:
    named = folder_media(record)
    media = tuple(medium for medium, _ in named)
    asked = asked_of(media, {one.name: read_media(file, path, one.name) for one, path in named if one.role == ASKED})
    example = structs.replace(from_fields(record), media=media)
    return Loaded(example, look_at(asked), asked, None, partial(_solution, file, record), _clip(file, record))


def _of_others(file: Path, record: Mapping[str, Any]) -> Loaded:
    picture = read_media(file, record.get(FIELDS[PUZZLE]), PUZZLE)
    puzzle, solution = decode_image(picture), partial(_solution, file, record)
    example = as_example(record, file.parent.name, puzzle, lambda: decode_image(solution()))
    named = record.get(FIELDS_OF_OTHERS[REASONING])
    numbered = read_media(file, named, REASONING) if named else None
    clip = _clip(file, record) or _clip_beside(file, record)
    return Loaded(example, puzzle, one_picture(picture), numbered, solution, clip)


def _solution(file: Path, record: Mapping[str, Any]) -> bytes:
    return read_media(file, record.get(FIELDS[SOLUTION]), SOLUTION)


def _clip(file: Path, record: Mapping[str, Any]) -> Callable[[], bytes] | None:
    named = record.get(FIELDS[CLIP])
    return partial(read_media, file, named, CLIP) if named else None


def _clip_beside(file: Path, record: Mapping[str, Any]) -> Callable[[], bytes] | None:
    """Earlier generators put a clip beside the picture of the solution, under its name; no record says so."""
    solution = record.get(FIELDS[SOLUTION])
    if not isinstance(solution, str) or not PurePath(solution).name:
        return None
    for ending in _CLIPS:
        named = str(PurePath(solution).with_suffix(ending))
        if (file.parent / named).is_file():
            return partial(read_media, file, named, CLIP)
    return None


def folder_records(chunk: Chunk) -> list[dict[str, Any]]:
    """The records of a chunk of a ``data.json``, as their maker wrote them."""
    return records_of(Path(chunk.path))[chunk.start : chunk.start + chunk.rows]


def read_hub(chunk: Chunk) -> Iterator[Loaded | BadInput]:
    """The examples of a part of a parquet file, likewise."""
    file = Path(chunk.path)
    for row in hub.read_rows(file, chunk.start, chunk.rows):
        try:
            puzzle = decode_image(row.puzzle)
            example = as_example(row.words, None, puzzle, partial(decode_image, row.solution))
        except (UnreadableImage, BadInput) as error:
            if isinstance(error, UnknownTask):
                raise _unusable(file, row.words, error) from error
            yield _unusable(file, row.words, error)
            continue
        solution = partial(getattr, row, "solution")
        yield Loaded(structs.replace(example, split=chunk.split), puzzle, one_picture(row.puzzle), None, solution)


def _unusable(file: Path, record: Mapping[str, Any], error: Exception) -> BadInput:
    return BadInput(f"{file}: record {str(record.get('id', '?'))[:100]!r} cannot be used ({error}): fix or remove it")
