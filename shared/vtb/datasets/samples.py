"""The samples of a chunk in whatever layout it is, each whole: for those who copy and re-judge them."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import structs

from vtb.benchmarks.videothinkbench.names import UnknownTask
from vtb.benchmarks.videothinkbench.records import as_example
from vtb.datasets.chunk import Chunk
from vtb.datasets.folder_media import folder_media, is_ours, read_media
from vtb.datasets.others_files import folder_records
from vtb.datasets.readers import line_sample
from vtb.errors import BadInput
from vtb.formats import hub
from vtb.formats.shared_frames import unfold
from vtb.formats.webdataset import DamagedTar, Sample, read_tar
from vtb.media.image import UnreadableImage, decode_image
from vtb.puzzles.sample import EXAMPLE, MEDIA, PUZZLE, SOLUTION
from vtb.store import ObjectTooLarge, open_store
from vtb.tasks.example import Example, Media, encode_example
from vtb.tasks.registry import from_fields

log = logging.getLogger("vtb.datasets")


@dataclass(frozen=True)
class Unusable:
    """A record of which no sample can be made, and why.

    Attributes:
        key: what it is called.
        why: in words for a person.
        odd: whether it is whole, but a puzzle of others that nobody can judge.
    """

    key: str
    why: str
    odd: bool = False


class OtherContent(DamagedTar):
    """What lies there is whole, as far as one can tell, but it is not the manifest's."""


def chunk_samples(chunk: Chunk) -> Iterator[Sample | Unusable]:
    """Every sample of a chunk, in its order.

    Raises:
        DamagedTar: after the last sample that could be read of a damaged shard.
        OtherContent: after the last sample of one that is whole and not what its manifest says.
    """
    if chunk.shard is not None:
        yield from _shard_samples(chunk, chunk.shard.sha256, chunk.shard.bytes)
    elif chunk.path.endswith(".parquet"):
        yield from _hub_samples(chunk)
    else:
        yield from _folder_samples(chunk)


def _shard_samples(chunk: Chunk, sha256: str, size: int) -> Iterator[Sample | Unusable]:
    try:
        data = open_store(chunk.uri).get_bytes(chunk.path, size)
    except ObjectTooLarge as error:
        raise OtherContent("its content is not what its manifest says (it is larger)") from error
    changed = hashlib.sha256(data).hexdigest() != sha256
    if changed:
        log.warning("%s/%s: its content is not what its manifest says; reading what can be read", chunk.uri, chunk.path)
    if chunk.path.endswith(".tar"):
        yield from unfold(read_tar(data))
    else:
        yield from _line_samples(chunk, data)
    if changed:
        raise OtherContent("its content is not what its manifest says")


def _line_samples(chunk: Chunk, data: bytes) -> Iterator[Sample | Unusable]:
    store = open_store(chunk.uri)
    for number, line in enumerate(data.splitlines()):
        try:
            yield line_sample(store, line)
        except BadInput as error:
            yield Unusable(f"line-{number + 1}", str(error))


def _hub_samples(chunk: Chunk) -> Iterator[Sample | Unusable]:
    for row in hub.read_rows(Path(chunk.path), chunk.start, chunk.rows):
        parts = {PUZZLE: row.puzzle, SOLUTION: row.solution}
        yield _of_others(row.words, None, parts, tuple(MEDIA[part] for part in parts))


def _folder_samples(chunk: Chunk) -> Iterator[Sample | Unusable]:
    file = Path(chunk.path)
    for record in folder_records(chunk):
        try:
            media = {medium: read_media(file, path, medium.name) for medium, path in folder_media(record)}
            parts = {medium.name: data for medium, data in media.items()}
            if is_ours(record):
                yield _sample(from_fields(record), parts, tuple(media))
            else:
                yield _of_others(record, file.parent.name, parts, tuple(media))
        except (BadInput, OSError) as error:
            yield _unusable(record, error)


def _of_others(
    record: Mapping[str, Any], task: str | None, parts: Mapping[str, bytes], media: tuple[Media, ...]
) -> Sample | Unusable:
    try:
        puzzle, solution = decode_image(parts[PUZZLE]), partial(decode_image, parts.get(SOLUTION, b""))
        return _sample(as_example(record, task, puzzle, solution), parts, media)
    except (UnknownTask, UnreadableImage) as error:  # other data, or damage
        return _unusable(record, error)
    except BadInput as error:
        return _unusable(record, error, odd=True)


def _unusable(record: Mapping[str, Any], error: Exception, *, odd: bool = False) -> Unusable:
    return Unusable(str(record.get("id", "?")), str(error), odd)


def _sample(example: Example, parts: Mapping[str, bytes], media: tuple[Media, ...]) -> Sample:
    """The example with its parts, which it names."""
    return Sample(example.key, {EXAMPLE: encode_example(structs.replace(example, media=media)), **parts})
