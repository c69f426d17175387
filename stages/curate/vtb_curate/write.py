"""The third step: the shards of the splits, and of the quarantine."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from vtb.datasets.chunk import Chunk
from vtb.datasets.samples import Unusable, chunk_samples
from vtb.errors import BadInput
from vtb.formats.vlmpuzzle import folder_files, folder_line
from vtb.formats.webdataset import DamagedTar, Sample, write_tar
from vtb.puzzles.sample import CLIP, EXAMPLE, MEDIA
from vtb.stage.executor import ShardResult, Task, Tick
from vtb.store import ObjectMissing
from vtb.tasks.registry import decode_example
from vtb_curate.choose import Choice, shares
from vtb_curate.curate_options import Layout
from vtb_curate.verdicts import Verdict, usable_key

ENDINGS: dict[Layout, str] = {"shards": "tar", "folder": "jsonl"}


@dataclass(frozen=True)
class Source:
    """A chunk, and whether it was whole when it was judged."""

    chunk: Chunk
    whole: bool


@dataclass(frozen=True)
class Place:
    """Where a sample is read, and the key it gets."""

    source: Source
    number: int
    new_key: str


@dataclass(frozen=True)
class ShardWork:
    """The samples of one output shard, in their order."""

    samples: tuple[Place, ...]
    layout: Layout | None  # None in the quarantine, whose samples may be unreadable by now


def plan_splits(
    choice: Choice, every: Sequence[Source], samples_per_shard: int, layout: Layout
) -> list[Task[ShardWork]]:
    """The shards of every split, named after split and index."""
    taken: set[str] = set()
    return [
        Task(f"shards/{split}-{index:05d}.{ENDINGS[layout]}", len(part), _work(part, every, taken, layout), split)
        for split, chosen in choice.splits.items()
        for index, part in enumerate(shares(chosen, samples_per_shard))
    ]


def plan_quarantine(choice: Choice, every: Sequence[Source], samples_per_shard: int) -> list[Task[ShardWork]]:
    """Shards of those bad samples that can still be read."""
    bad, taken = [verdict for verdict in choice.bad if verdict.number >= 0], set[str]()
    return [
        Task(f"quarantine/{index:05d}.tar", len(part), _work(part, every, taken, None))
        for index, part in enumerate(shares(bad, samples_per_shard))
    ]


def _work(part: Sequence[Verdict], every: Sequence[Source], taken: set[str], layout: Layout | None) -> ShardWork:
    places = (Place(every[verdict.chunk], verdict.number, _free_key(usable_key(verdict), taken)) for verdict in part)
    return ShardWork(tuple(places), layout)


def _free_key(key: str, taken: set[str]) -> str:
    """Inputs made with different seeds share keys, which an artifact must not; later ones get a suffix."""
    keys = (key if copy == 1 else f"{key}-{copy}" for copy in itertools.count(1))
    free = next(key for key in keys if key not in taken)
    taken.add(free)
    return free


def make_shard(work: ShardWork, tick: Tick) -> ShardResult:
    """The samples as they were, byte for byte, in a new tar, or as files with a line of JSON each."""
    samples, lines, files = list[Sample](), list[str](), dict[str, bytes]()
    for sample in _samples(work):
        if work.layout == "folder":
            example = structs.replace(decode_example(sample.parts[EXAMPLE]), key=sample.key)
            lines.append(folder_line(example))
            files |= folder_files(sample, example)
        samples.append(sample)
        tick(1)
    data = "".join(lines).encode() if work.layout == "folder" else write_tar(samples)
    return ShardResult(data, len(samples), files, figures_of(samples))


def figures_of(samples: Sequence[Sample]) -> dict[str, Any]:
    """How many have a clip of the solution; and the media that are others than those of every puzzle, by part."""
    unusual = [sample for sample in samples if sample.parts.keys() - MEDIA.keys() - {EXAMPLE}]
    media = [medium for sample in unusual for medium in decode_example(sample.parts[EXAMPLE]).media]
    more = {medium.name: f"{medium.role}, {medium.kind}" for medium in media if medium.name not in MEDIA}
    clips = {"clips": sum(CLIP in sample.parts for sample in samples)}
    return {**clips, "media": dict(sorted(more.items()))} if more else clips


def read_again(chosen: Sequence[Verdict], every: Sequence[Source]) -> Iterator[Sample]:
    """The samples of some verdicts, with the keys that they had."""
    return _samples(_work(chosen, every, set(), "shards"))


def _samples(work: ShardWork) -> Iterator[Sample]:
    for place in work.samples:
        samples = _read_chunk(place.source)
        sample = samples[place.number] if place.number < len(samples) else None
        if isinstance(sample, Sample):
            yield Sample(place.new_key, sample.parts)
        elif work.layout is not None:
            raise _changed(place.source.chunk, f"sample {place.number} was there and is gone")


def _changed(chunk: Chunk, what: str) -> BadInput:
    where = f"{chunk.uri}/{chunk.path}" if chunk.shard else chunk.path
    return BadInput(f"{where}: {what}: the input changed during this run")


@functools.lru_cache(maxsize=4)
def _read_chunk(source: Source) -> list[Sample | Unusable]:
    """A whole chunk; neighbours in an output shard come from the same few."""
    found: list[Sample | Unusable] = []
    try:
        for sample in chunk_samples(source.chunk):
            found.append(sample)
    except (DamagedTar, ObjectMissing) as error:
        if source.whole:
            raise _changed(source.chunk, str(error)) from error
        return found  # the verdicts have already counted what is lost
    return found
