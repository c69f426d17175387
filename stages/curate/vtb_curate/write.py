"""The third step: the shards of the splits, and of the quarantine."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vtb.errors import BadInput
from vtb.formats.webdataset import DamagedTar, Sample, read_tar, write_tar
from vtb.sharded import Made, Task, Tick
from vtb.store import ObjectMissing, open_store
from vtb_curate.choose import Choice, shares
from vtb_curate.verdicts import Verdict


@dataclass(frozen=True)
class ShardWork:
    """The samples of one output shard: (uri of the input, shard, key), in their order."""

    samples: tuple[tuple[str, str, str], ...]
    damaged: bool  # samples of the quarantine may be unreadable by now


def plan_splits(choice: Choice, inputs: Sequence[str], samples_per_shard: int) -> list[Task[ShardWork]]:
    """The shards of every split, named after split and index."""
    return [
        Task(f"shards/{split}-{index:05d}.tar", len(part), _work(part, inputs, damaged=False), split)
        for split, chosen in choice.splits.items()
        for index, part in enumerate(shares(chosen, samples_per_shard))
    ]


def plan_quarantine(choice: Choice, inputs: Sequence[str], samples_per_shard: int) -> list[Task[ShardWork]]:
    """Shards of those bad samples that can still be read."""
    bad = [verdict for verdict in choice.bad if verdict.key]
    return [
        Task(f"quarantine/{index:05d}.tar", len(part), _work(part, inputs, damaged=True))
        for index, part in enumerate(shares(bad, samples_per_shard))
    ]


def _work(part: Sequence[Verdict], inputs: Sequence[str], *, damaged: bool) -> ShardWork:
    return ShardWork(tuple((inputs[verdict.input], verdict.shard, verdict.key) for verdict in part), damaged)


def make_shard(work: ShardWork, tick: Tick) -> Made:
    """The samples as they were, byte for byte, in a new tar."""
    samples = []
    for sample in _samples(work):
        samples.append(sample)
        tick(1)
    return Made(write_tar(_unique_keys(samples)), len(samples))


def _samples(work: ShardWork) -> Iterator[Sample]:
    for uri, shard, key in work.samples:
        sample = _read_shard(uri, shard).get(key)
        if sample is not None:
            yield sample
        elif not work.damaged:
            raise BadInput(f"{uri}/{shard}: sample {key} was there and is gone: the input changed during this run")


def _unique_keys(samples: Sequence[Sample]) -> Iterator[Sample]:
    """Inputs made with different seeds share keys, which a tar must not; later ones get a suffix."""
    taken: dict[str, int] = {}
    for sample in samples:
        copies = taken[sample.key] = taken.get(sample.key, 0) + 1
        yield sample if copies == 1 else Sample(f"{sample.key}-{copies}", sample.parts)


@functools.lru_cache(maxsize=4)
def _read_shard(uri: str, shard: str) -> dict[str, Sample]:
    """A whole input shard by key; neighbours in an output shard come from the same few."""
    found: dict[str, Sample] = {}
    try:
        for sample in read_tar(open_store(uri).get_bytes(shard)):
            found.setdefault(sample.key, sample)
    except (DamagedTar, ObjectMissing):
        return found  # the verdicts have already counted what is lost
    return found
