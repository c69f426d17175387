"""Where samples come from: puzzles artifacts, folders in the VLMPuzzle layout, or parquet files of the benchmark."""

from __future__ import annotations

import functools
import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import structs

from vtb.artifact import InputEntry, ShardEntry, find_manifest, read_manifest
from vtb.artifact.manifest import PLAN
from vtb.artifact.output import file_sha256
from vtb.artifact.shard_data import read_samples
from vtb.benchmarks.videothinkbench.names import UnknownTask
from vtb.benchmarks.videothinkbench.records import as_example
from vtb.errors import BadInput
from vtb.formats import hub
from vtb.formats.split_names import SPLITS, split_of_place
from vtb.formats.vlmpuzzle import DATA, data_files, find_data_files, media_file, media_paths, read_records
from vtb.formats.webdataset import Sample
from vtb.media.image import MAX_FILE, Image, UnreadableImage, decode_image
from vtb.puzzles.sample import EXAMPLE, PUZZLE, REASONING, SOLUTION
from vtb.regular_file import read_regular
from vtb.stage.run import input_entry
from vtb.store import ObjectMissing, Store, is_remote, open_store
from vtb.tasks.example import Example
from vtb.tasks.registry import decode_example, from_fields

log = logging.getLogger("vtb.datasets")
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
        split: the split of a curated shard, or that a file's place says; None where samples have none.
        shard: the manifest's entry of a shard, without its figures; None for anything else.
    """

    uri: str
    path: str
    rows: int
    start: int = 0
    split: str | None = None
    shard: ShardEntry | None = field(default=None, hash=False)


@dataclass(frozen=True)
class Loaded:
    """One example as it was found: what it says, its picture as pixels and as a file, and where it has them the picture
    with printed names, and what reads the picture with the solution.
    """  # noqa: D205

    example: Example
    puzzle: Image
    file: bytes
    reasoning: bytes | None
    solution: Callable[[], bytes] | None = None

    @property
    def key(self) -> str:
        """The example's."""
        return self.example.key


def describe_input(uri: str, kinds: tuple[str, ...] = ("puzzles",)) -> InputEntry:
    """An input for the manifest: an artifact by its digest, anything else by the hash of the files with its records."""
    store = open_store(uri)
    root = Path(store.uri)
    unfinished = (root / PLAN).is_file()  # an artifact that its stage is to finish, whatever it holds by now
    if not is_remote(uri) and find_manifest(store) is None and not unfinished:
        records, tables = find_data_files(root), hub.find_parquet(root)
        if records and tables:
            raise BadInput(
                f"{root}: holds parquet files ({tables[0]}) and {DATA} ({records[0]}): give the folder of one"
            )
        if tables:
            return InputEntry(store.uri, HUB_KIND, _digest(hub.parquet_files(root)))
        if root.is_dir():
            return InputEntry(store.uri, FOLDER_KIND, _digest(data_files(root)))
        if root.suffix == ".zip":
            raise BadInput(f"{root}: is a zip file: unpack it and give the folder")
    return input_entry(uri, kinds)


def _digest(files: Sequence[Path]) -> str:
    return "+".join(file_sha256(file) for file in files)


def chunks(entry: InputEntry) -> list[Chunk]:
    """The parts of one input, of whatever split.

    Raises:
        BadInput: there is nothing in it.
    """
    found = _chunks(entry)
    if not any(chunk.rows for chunk in found):
        raise BadInput(f"{entry.uri}: holds no samples")
    return found


def _chunks(entry: InputEntry) -> list[Chunk]:
    if entry.kind == HUB_KIND:
        root = _root(entry.uri)
        return [chunk for file in hub.parquet_files(root) for chunk in _hub_chunks(entry.uri, root, file)]
    shards: Sequence[ShardEntry] = () if entry.kind == FOLDER_KIND else read_manifest(entry.uri).shards
    if entry.kind == FOLDER_KIND:
        root = _root(entry.uri)
        return [chunk for file in data_files(root) for chunk in _folder_chunks(entry.uri, root, file)]
    # Chunks travel to worker processes: a shard's figures and files stay behind.
    small = (replace(shard, files=(), stats={}) for shard in shards)
    return [Chunk(entry.uri, shard.path, shard.rows, split=shard.split, shard=shard) for shard in small]


def choose_split(found: Sequence[Chunk], split: str, uri: str) -> list[Chunk]:
    """The chunks of a split; everything for ``all``, or where nothing has a split. Says which splits it leaves out.

    Raises:
        BadInput: there are splits, but not that one.
    """
    if split == "all" or all(chunk.split is None for chunk in found):
        return list(found)
    wanted = {split, SPLITS.get(split, split)}  # val may be called validation
    chosen = [chunk for chunk in found if chunk.split in wanted]
    others = [chunk for chunk in found if chunk not in chosen]
    if not chosen:
        raise BadInput(f"{uri}: has no split {split!r}, only {splits_in_words(others)}: choose with --split")
    if others:
        rows = sum(chunk.rows for chunk in chosen)
        log.info("%s: split %s (%d samples); left out: %s", uri, split, rows, splits_in_words(others))
    return chosen


def splits_in_words(found: Iterable[Chunk]) -> str:
    """The splits of some chunks and how many samples each has, for a message."""
    rows: dict[str, int] = {}
    for chunk in found:
        name = chunk.split or "without a split"
        rows[name] = rows.get(name, 0) + chunk.rows
    return ", ".join(f"{name} ({count})" for name, count in rows.items())


def _root(uri: str) -> Path:
    if is_remote(uri):
        raise BadInput(f"{uri}: a folder in the VLMPuzzle layout must be local: copy it here first")
    return Path(uri)


def _folder_chunks(uri: str, root: Path, file: Path) -> list[Chunk]:
    return _cut(uri, file, len(_records(file)), split_of_place(file, root, by_name=False))


def _records(file: Path) -> list[dict[str, Any]]:
    """The records of a ``data.json``, parsed once for the chunks that follow each other."""
    if not file.is_file():
        return list(read_records(file))  # says what is wrong
    state = file.stat()
    return _parsed(file, state.st_mtime_ns, state.st_size)


@functools.lru_cache(maxsize=1)
def _parsed(file: Path, _mtime_ns: int, _size: int) -> list[dict[str, Any]]:
    return list(read_records(file))


def _hub_chunks(uri: str, root: Path, file: Path) -> list[Chunk]:
    return _cut(uri, file, hub.row_count(file), hub.split_of(file, root))


def _cut(uri: str, file: Path, rows: int, split: str | None) -> list[Chunk]:
    starts = range(0, rows, RECORDS_PER_CHUNK)
    return [Chunk(uri, str(file), min(RECORDS_PER_CHUNK, rows - start), start, split) for start in starts]


def read_chunk(chunk: Chunk, start: int = 0, stop: int | None = None, odd: list[str] | None = None) -> Iterator[Loaded]:
    """The examples of a chunk, or those from ``start`` on and before ``stop``; of the others nothing is decoded.

    Args:
        chunk: the chunk.
        start: the first example that is wanted.
        stop: the first that is not any more.
        odd: where it is given, records of others that cannot be used are left out and named here with the reason.

    Raises:
        BadInput: one of them cannot be used, or with ``odd`` none of the records of others; the message names it.
    """
    stop = chunk.rows if stop is None else min(stop, chunk.rows)
    if chunk.shard is not None:
        return _read_shard(chunk, start, stop)
    part = replace(chunk, start=chunk.start + start, rows=max(0, stop - start))
    found = _read_hub(part) if chunk.path.endswith(".parquet") else _read_folder(part)
    return _usable(found, odd)


def _usable(found: Iterator[Loaded | BadInput], odd: list[str] | None) -> Iterator[Loaded]:
    any_used = False
    for loaded in found:
        if isinstance(loaded, Loaded):
            any_used = True
            yield loaded
        elif odd is None:
            raise loaded
        else:
            odd.append(str(loaded))
    if odd and not any_used:
        raise BadInput(odd[0])


def read_keys(chunk: Chunk) -> list[str]:
    """The keys of a chunk's examples, without their pictures."""
    if chunk.shard is not None:
        return [sample.key for sample in _samples(chunk)]
    file, part = Path(chunk.path), slice(chunk.start, chunk.start + chunk.rows)
    if chunk.path.endswith(".parquet"):
        return hub.read_ids(file)[part]
    return [str(record.get("id")) for record in _records(file)[part]]


@functools.lru_cache(maxsize=1)
def _samples(chunk: Chunk) -> list[Sample]:
    """A shard fetched and checked once for the parts of it that are read one after the other."""
    assert chunk.shard is not None
    return list(shard_samples(chunk.uri, chunk.shard, ADVICE))


def _read_shard(chunk: Chunk, start: int, stop: int) -> Iterator[Loaded]:
    for sample in _samples(chunk)[start:stop]:
        try:
            loaded = load_sample(sample)
        except (UnreadableImage, BadInput) as error:
            raise BadInput(f"{chunk.uri}: sample {sample.key} cannot be used ({error}): {ADVICE}") from error
        yield replace(loaded, example=structs.replace(loaded.example, split=chunk.split))


def shard_samples(uri: str, shard: ShardEntry, advice: str) -> Iterator[Sample]:
    """The samples of a shard that a manifest vouches for: of a tar, or of lines of JSON with files beside them.

    Raises:
        BadInput: as ``read_samples``, or a file is gone.
    """
    if shard.path.endswith(".tar"):
        yield from read_samples(uri, shard, advice)
        return
    store = open_store(uri)
    data = store.get_bytes(shard.path)
    if hashlib.sha256(data).hexdigest() != shard.sha256:
        raise BadInput(f"{uri}/{shard.path}: its content is not what the manifest says: {advice}")
    for line in data.splitlines():
        yield line_sample(store, line)


def line_sample(store: Store, line: bytes) -> Sample:
    """The sample of a line of a folder layout of ours.

    Raises:
        BadInput: the line is damaged, or a file that it names is gone.
    """
    example = decode_example(line)
    paths = media_paths(example.task, example.key)
    try:
        files = {medium.name: store.get_bytes(paths[medium.name]) for medium in example.media}
    except (KeyError, ObjectMissing) as error:
        raise BadInput(f"{store.uri}: a file of {example.key} is gone ({error}): make the artifact again") from error
    return Sample(example.key, {EXAMPLE: line, **files})


def load_sample(sample: Sample) -> Loaded:
    """The example of a sample, under the sample's key.

    Raises:
        BadInput: a part is missing or the example is damaged.
        UnreadableImage: its picture is damaged.
    """
    for part in (EXAMPLE, PUZZLE):
        if part not in sample.parts:
            raise BadInput(f"it has no {part}")
    example = structs.replace(decode_example(sample.parts[EXAMPLE]), key=sample.key)
    file = sample.parts[PUZZLE]
    solution = partial(sample.parts.__getitem__, SOLUTION) if SOLUTION in sample.parts else None
    return Loaded(example, decode_image(file), file, sample.parts.get(REASONING), solution)


def _read_folder(chunk: Chunk) -> Iterator[Loaded | BadInput]:
    file = Path(chunk.path)
    for record in folder_records(chunk):
        try:
            picture = read_media(file, record, "image")
            puzzle = decode_image(picture)
            if _is_ours(record):
                example = from_fields(record)
            else:
                example = as_example(record, file.parent.name, puzzle, partial(_solution, file, record))
        except (OSError, UnreadableImage, BadInput) as error:
            if _is_ours(record) or isinstance(error, UnknownTask):  # no odd puzzle of others, but damage or other data
                raise _unusable(file, record, error) from error
            yield _unusable(file, record, error)
            continue
        split = example.split or chunk.split
        solution = partial(read_media, file, record, "solution_image_path")
        yield Loaded(structs.replace(example, split=split), puzzle, picture, None, solution)


def _is_ours(record: Mapping[str, Any]) -> bool:
    return "source" in record and "version" in record


def _solution(file: Path, record: Mapping[str, Any]) -> Image:
    return decode_image(read_media(file, record, "solution_image_path"))


def folder_records(chunk: Chunk) -> list[dict[str, Any]]:
    """The records of a chunk of a ``data.json``, as their maker wrote them."""
    return _records(Path(chunk.path))[chunk.start : chunk.start + chunk.rows]


def read_media(file: Path, record: Mapping[str, Any], field: str) -> bytes:
    """A media file that a record of a ``data.json`` names.

    Raises:
        BadInput: it names none, or none that lies below the folder.
    """
    relative = record.get(field)
    if not isinstance(relative, str):
        raise BadInput(f"it has no {field}")
    try:
        return read_regular(media_file(file, relative), MAX_FILE)
    except OSError as error:
        raise BadInput(f"{relative}: is no file that can be read ({error.strerror})") from error


def _read_hub(chunk: Chunk) -> Iterator[Loaded | BadInput]:
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
        yield Loaded(structs.replace(example, split=chunk.split), puzzle, row.puzzle, None, solution)


def _unusable(file: Path, record: Mapping[str, Any], error: Exception) -> BadInput:
    return BadInput(f"{file}: record {str(record.get('id', '?'))[:100]!r} cannot be used ({error}): fix or remove it")
