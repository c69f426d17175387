"""Where samples come from: puzzles artifacts, folders in the VLMPuzzle layout, or parquet files of the benchmark."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from vtb.artifact import InputEntry, ShardEntry, find_manifest, read_manifest
from vtb.artifact.output import file_sha256
from vtb.artifact.shard_data import read_samples
from vtb.benchmarks.videothinkbench.records import as_ours
from vtb.errors import BadInput
from vtb.formats import hub
from vtb.formats.leftovers import without_leftovers
from vtb.formats.vlmpuzzle import DATA, data_files, media_file, read_records
from vtb.media.image import Image, UnreadableImage, decode_image
from vtb.puzzles import DAMAGE
from vtb.puzzles.sample import PUZZLE, REASONING, RECORD
from vtb.stage.run import input_entry
from vtb.store import is_remote, open_store

RECORDS_PER_CHUNK = 512
ADVICE = "run vtb-curate on the data first, which drops bad samples"
FOLDER_KIND, HUB_KIND = "vlmpuzzle-folder", "hub-parquet"


@dataclass(frozen=True)
class Chunk:
    """A part of an input that is read in one go.

    Attributes:
        uri: the input.
        path: the shard in an artifact, the ``data.json`` of a folder, or a parquet file.
        rows: samples in it.
        start: first record, for a folder or a parquet file.
        split: the split of a curated shard or a parquet file; None where samples have none.
        shard: the manifest's entry of a shard; None for anything else.
    """

    uri: str
    path: str
    rows: int
    start: int = 0
    split: str | None = None
    shard: ShardEntry | None = None


@dataclass(frozen=True)
class Example:
    """One sample as it was found: its record, its picture as pixels and as a file, and where it has one the picture
    with printed names.
    """  # noqa: D205

    key: str
    record: dict[str, Any]
    puzzle: Image
    file: bytes
    reasoning: bytes | None
    split: str | None


def describe_input(uri: str, kinds: tuple[str, ...] = ("puzzles",)) -> InputEntry:
    """An input for the manifest: an artifact by its digest, anything else by the hash of the files with its records."""
    store = open_store(uri)
    if not is_remote(uri) and find_manifest(store) is None:
        root = Path(store.uri)
        if root.suffix == ".parquet" or (not _has_records(root) and _has(root, "**/*.parquet")):
            return InputEntry(store.uri, HUB_KIND, _digest(hub.parquet_files(root)))
        if root.is_dir():
            return InputEntry(store.uri, FOLDER_KIND, _digest(data_files(root)))
    return input_entry(uri, kinds)


def _has_records(root: Path) -> bool:
    return (root / DATA).is_file() or _has(root, f"*/{DATA}")


def _has(root: Path, pattern: str) -> bool:
    return next(without_leftovers(root, root.glob(pattern)), None) is not None


def _digest(files: Sequence[Path]) -> str:
    return "+".join(file_sha256(file) for file in files)


def chunks(entry: InputEntry) -> list[Chunk]:
    """The parts of one input, of whatever split."""
    if entry.kind == HUB_KIND:
        return [chunk for file in hub.parquet_files(_root(entry.uri)) for chunk in _hub_chunks(entry.uri, file)]
    shards: Sequence[ShardEntry] = () if entry.kind == FOLDER_KIND else read_manifest(entry.uri).shards
    if entry.kind == FOLDER_KIND or (shards and not shards[0].path.endswith(".tar")):
        return [chunk for file in data_files(_root(entry.uri)) for chunk in _folder_chunks(entry.uri, file)]
    return [Chunk(entry.uri, shard.path, shard.rows, split=shard.split, shard=shard) for shard in shards]


def choose_split(found: Sequence[Chunk], split: str, uri: str) -> list[Chunk]:
    """The chunks of a split; everything for ``all``, or where nothing has a split.

    Raises:
        BadInput: there are splits, but not that one.
    """
    splits = list(dict.fromkeys(chunk.split for chunk in found if chunk.split is not None))
    if split == "all" or not splits:
        return list(found)
    chosen = [chunk for chunk in found if chunk.split == split]
    if not chosen:
        rows = {name: sum(chunk.rows for chunk in found if chunk.split == name) for name in splits}
        known = ", ".join(f"{name} ({count})" for name, count in rows.items())
        raise BadInput(f"{uri}: has no split {split!r}, only {known}: choose with --split")
    return chosen


def _root(uri: str) -> Path:
    if is_remote(uri):
        raise BadInput(f"{uri}: a folder in the VLMPuzzle layout must be local: copy it here first")
    return Path(uri)


def _folder_chunks(uri: str, file: Path) -> list[Chunk]:
    return _cut(uri, file, len(_records(file)), None)


def _records(file: Path) -> list[dict[str, Any]]:
    """The records of a ``data.json``, parsed once for the chunks that follow each other."""
    if not file.is_file():
        return list(read_records(file))  # says what is wrong
    state = file.stat()
    return _parsed(file, state.st_mtime_ns, state.st_size)


@functools.lru_cache(maxsize=1)
def _parsed(file: Path, _mtime_ns: int, _size: int) -> list[dict[str, Any]]:
    return list(read_records(file))


def _hub_chunks(uri: str, file: Path) -> list[Chunk]:
    return _cut(uri, file, hub.row_count(file), hub.split_of(file))


def _cut(uri: str, file: Path, rows: int, split: str | None) -> list[Chunk]:
    starts = range(0, rows, RECORDS_PER_CHUNK)
    return [Chunk(uri, str(file), min(RECORDS_PER_CHUNK, rows - start), start, split) for start in starts]


def read_chunk(chunk: Chunk) -> Iterator[Example]:
    """The samples of a chunk.

    Raises:
        BadInput: one of them cannot be used; the message names it.
    """
    if chunk.shard is not None:
        return _read_shard(chunk, chunk.shard)
    return _read_hub(chunk) if chunk.path.endswith(".parquet") else _read_folder(chunk)


def read_keys(chunk: Chunk) -> list[str]:
    """The keys of a chunk's samples, without their pictures."""
    if chunk.shard is not None:
        return [sample.key for sample in read_samples(chunk.uri, chunk.shard, ADVICE)]
    file, part = Path(chunk.path), slice(chunk.start, chunk.start + chunk.rows)
    if chunk.path.endswith(".parquet"):
        return hub.read_ids(file)[part]
    return [str(record.get("id")) for record in _records(file)[part]]


def _read_shard(chunk: Chunk, shard: ShardEntry) -> Iterator[Example]:
    for sample in read_samples(chunk.uri, shard, ADVICE):
        try:
            file, record = sample.parts[PUZZLE], json.loads(sample.parts[RECORD])
            puzzle = decode_image(file)
            if not isinstance(record, dict):
                raise ValueError("its record is no object")
        except (UnreadableImage, *DAMAGE) as error:
            raise BadInput(f"{chunk.uri}: sample {sample.key} cannot be used ({error}): {ADVICE}") from error
        yield Example(sample.key, record, puzzle, file, sample.parts.get(REASONING), chunk.split)


def _read_folder(chunk: Chunk) -> Iterator[Example]:
    file = Path(chunk.path)
    for record in _records(file)[chunk.start : chunk.start + chunk.rows]:
        try:
            picture = _read_media(file, record["image"])
            puzzle = decode_image(picture)
            ours = as_ours(record, file.parent.name, puzzle, partial(_solution, file, record))
            yield Example(str(record["id"]), ours, puzzle, picture, None, None)
        except (OSError, UnreadableImage, BadInput, *DAMAGE) as error:
            raise _unusable(file, record, error) from error


def _solution(file: Path, record: Mapping[str, Any]) -> Image:
    return decode_image(_read_media(file, record["solution_image_path"]))


def _read_media(file: Path, relative: str) -> bytes:
    path = media_file(file, relative)
    if not path.is_file():  # a pipe would wait for ever
        raise BadInput(f"{relative}: is no file")
    return path.read_bytes()


def _read_hub(chunk: Chunk) -> Iterator[Example]:
    file = Path(chunk.path)
    for row in hub.read_rows(file, chunk.start, chunk.rows):
        try:
            puzzle = decode_image(row.puzzle)
            ours = as_ours(row.words, None, puzzle, partial(decode_image, row.solution))
            yield Example(str(row.words["id"]), ours, puzzle, row.puzzle, None, chunk.split)
        except (UnreadableImage, BadInput, *DAMAGE) as error:
            raise _unusable(file, row.words, error) from error


def _unusable(file: Path, record: Mapping[str, Any], error: Exception) -> BadInput:
    return BadInput(f"{file}: record {record.get('id', '?')!r} cannot be used ({error}): fix or remove it")
