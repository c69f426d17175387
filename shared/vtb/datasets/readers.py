"""Where samples come from: puzzles artifacts, folders in the VLMPuzzle layout, or parquet files of the benchmark."""

from __future__ import annotations

import functools
import hashlib
import logging
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from msgspec import structs

from vtb.artifact import InputEntry, ShardEntry, read_manifest
from vtb.artifact.manifest import MANIFEST, PLAN
from vtb.artifact.output import file_sha256
from vtb.artifact.shard_data import read_samples
from vtb.datasets.asked import asked_of, look_at
from vtb.datasets.chunk import Chunk, Loaded
from vtb.datasets.others_files import folder_chunks, hub_chunks, local_root, read_folder, read_hub, records_of
from vtb.errors import BadInput
from vtb.formats import hub
from vtb.formats.split_names import SPLITS
from vtb.formats.vlmpuzzle import DATA, MAX_RECORDS, data_files, find_data_files, media_path
from vtb.formats.webdataset import Sample
from vtb.media.image import MAX_FILE, UnreadableImage
from vtb.puzzles.sample import CLIP, EXAMPLE, REASONING, SOLUTION
from vtb.stage.run import input_entry
from vtb.store import ObjectMissing, Store, is_remote, open_store
from vtb.tasks.registry import decode_example

log = logging.getLogger("vtb.datasets")
ADVICE = "run vtb-curate on the data first, which drops bad samples"
FOLDER_KIND, HUB_KIND = "vlmpuzzle-folder", "hub-parquet"


def describe_input(uri: str, kinds: tuple[str, ...] = ("puzzles",)) -> InputEntry:
    """An input for the manifest: an artifact by its digest, anything else by the hash of the files with its records."""
    store = open_store(uri)
    root = Path(store.uri)
    unfinished = (root / PLAN).is_file()  # an artifact that its stage is to finish, whatever it holds by now
    if not is_remote(uri) and store.stat(MANIFEST) is None and not unfinished:
        records, tables = find_data_files(root), hub.find_parquet(root)
        if records and tables:
            raise BadInput(
                f"{root}: holds parquet files ({tables[0]}) and {DATA} ({records[0]}): give the folder of one"
            )
        if tables:
            return InputEntry(store.uri, HUB_KIND, _digest(hub.parquet_files(root)))
        if root.is_dir():
            return InputEntry(store.uri, FOLDER_KIND, _digest(data_files(root), MAX_RECORDS))
        if root.suffix == ".zip":
            raise BadInput(f"{root}: is a zip file: unpack it and give the folder")
    return input_entry(uri, kinds)


def _digest(files: Sequence[Path], limit: float = math.inf) -> str:
    for file in files:
        if (size := file.stat().st_size) > limit:  # before hours of hashing
            raise BadInput(f"{file}: has {size} bytes, more than {limit}: cut it into several folders")
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
        root = local_root(entry.uri)
        return [chunk for file in hub.parquet_files(root) for chunk in hub_chunks(entry.uri, root, file)]
    shards: Sequence[ShardEntry] = () if entry.kind == FOLDER_KIND else read_manifest(entry.uri).shards
    if entry.kind == FOLDER_KIND:
        root = local_root(entry.uri)
        return [chunk for file in data_files(root) for chunk in folder_chunks(entry.uri, root, file)]
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
    others = [chunk for chunk in found if chunk.split not in wanted]
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


def read_chunk(chunk: Chunk, start: int = 0, stop: int | None = None, odd: list[str] | None = None) -> Iterator[Loaded]:
    """The examples of a chunk, or those from ``start`` on and before ``stop``; of the others nothing is decoded.

    Args:
        chunk: the chunk.
        start: the first example that is wanted.
        stop: the first that is not any more.
        odd: where it is given, records of others that cannot be used are left out and named here with the reason.

    Raises:
        BadInput: one of them cannot be used; the message names it.
    """
    stop = chunk.rows if stop is None else min(stop, chunk.rows)
    if chunk.shard is not None:
        return _read_shard(chunk, start, stop)
    part = replace(chunk, start=chunk.start + start, rows=max(0, stop - start))
    found = read_hub(part) if chunk.path.endswith(".parquet") else read_folder(part)
    return _usable(found, odd)


def _usable(found: Iterator[Loaded | BadInput], odd: list[str] | None) -> Iterator[Loaded]:
    for loaded in found:
        if isinstance(loaded, Loaded):
            yield loaded
        elif odd is None:
            raise loaded
        else:
            odd.append(str(loaded))


def read_keys(chunk: Chunk) -> list[str]:
    """The keys of a chunk's examples, without their pictures."""
    if chunk.shard is not None:
        return [sample.key for sample in _samples(chunk)]
    file, part = Path(chunk.path), slice(chunk.start, chunk.start + chunk.rows)
    if chunk.path.endswith(".parquet"):
        return hub.read_ids(file)[part]
    return [str(record.get("id")) for record in records_of(file)[part]]


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
    data = store.get_bytes(shard.path, shard.bytes)
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
    try:
        files = {
            medium.name: store.get_bytes(media_path(example.task, example.key, medium.name), MAX_FILE)
            for medium in example.media
        }
    except ObjectMissing as error:
        raise BadInput(f"{store.uri}: a file of {example.key} is gone ({error}): make the artifact again") from error
    return Sample(example.key, {EXAMPLE: line, **files})


def load_sample(sample: Sample) -> Loaded:
    """The example of a sample, under the sample's key.

    Raises:
        BadInput: a part is missing or the example is damaged.
        UnreadableImage: a picture or clip that it asks about is damaged.
    """
    if EXAMPLE not in sample.parts:
        raise BadInput(f"it has no {EXAMPLE}")
    example = structs.replace(decode_example(sample.parts[EXAMPLE]), key=sample.key)
    asked = asked_of(example.media, sample.parts)
    solution, clip = (
        partial(sample.parts.__getitem__, part) if part in sample.parts else None for part in (SOLUTION, CLIP)
    )
    return Loaded(example, look_at(asked), asked, sample.parts.get(REASONING), solution, clip)
