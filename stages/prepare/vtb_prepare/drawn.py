"""What the datasets for models that draw have in common: a shard of rows and media per chunk of the input."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vtb.artifact import ShardEntry
from vtb.artifact.output import Output
from vtb.datasets.chunk import Chunk
from vtb.datasets.readers import ADVICE
from vtb.datasets.samples import Unusable, chunk_samples
from vtb.errors import BadInput, QualityGate
from vtb.formats.media_tar import pack
from vtb.formats.webdataset import DamagedTar, Sample
from vtb.puzzles.sample import EXAMPLE
from vtb.rng import stable_fraction
from vtb.stage.executor import ShardResult, Task, Tick
from vtb.tasks.example import Example, encode_example
from vtb.tasks.registry import decode_example, task_of
from vtb_prepare.splits import SPLITS, split_of
from vtb_prepare.swift_files import rows_of

log = logging.getLogger("vtb.prepare")
# The columns of a sample that differ between kinds of models, and its files by path; raises ``BadInput`` where the
# sample cannot be learnt from.
Make = Callable[[Example, Sample, str], tuple[dict[str, Any], dict[str, bytes]]]


@dataclass(frozen=True)
class ShardWork:
    """The chunk behind one shard of rows, and what makes a row."""

    number: int
    chunk: Chunk
    val: float
    salt: str
    make: Make


def plan_shards(found: Sequence[Chunk], val: float, seed: int, make: Make) -> list[Task[ShardWork]]:
    """One shard of rows per chunk."""
    return [
        Task(f"shards/{number:05d}.jsonl", chunk.rows, ShardWork(number, chunk, val, f"split/{seed}", make))
        for number, chunk in enumerate(found)
    ]


def make_shard(work: ShardWork, tick: Tick) -> ShardResult:
    """Neutral rows, and their media in one tar; samples that cannot be used are named with the reason."""
    lines, media, bad = [], dict[str, bytes](), list[str]()
    for place, sample in enumerate(_samples(work.chunk)):
        tick(1)
        try:
            if isinstance(sample, Unusable):
                raise BadInput(sample.why)
            example = decode_example(sample.parts[EXAMPLE])
            own, files = work.make(example, sample, f"media/{work.number:05d}/{place:06d}")
        except BadInput as error:
            bad.append(f"{sample.key}: {error}")
            continue
        lines.append(json.dumps({**own, **_row(example, work)}) + "\n")
        media |= files
    return ShardResult("".join(lines).encode(), len(lines), {f"media/{work.number:05d}.tar": pack(media)}, {"bad": bad})


def _samples(chunk: Chunk) -> Iterator[Sample | Unusable]:
    try:
        yield from chunk_samples(chunk)
    except DamagedTar as error:
        raise BadInput(f"{chunk.uri}/{chunk.path}: is damaged ({error}): {ADVICE}") from error


def _row(example: Example, work: ShardWork) -> dict[str, Any]:
    task = task_of(example)
    split = example.split or work.chunk.split
    if split is None:
        split = split_of(example, task.split_key(example.payload), work.val, work.salt)
    return {
        "task_type": example.task, "task_group": task.group, "id": example.key, "split": split,
        "example": encode_example(example).decode(),  # what a judge is called with while training goes on
    }  # fmt: skip


def chosen_rows(output: Output, shards: Sequence[ShardEntry], per_task: int | None, seed: int) -> dict[str, list[Any]]:
    """The rows by split, in the order of the shards; of each task in train so many, chosen by their ids alone."""
    rows: dict[str, list[Any]] = {split: [] for split in SPLITS}
    for row in rows_of(output, shards):
        rows[row["split"]].append(row)
    if per_task is not None:
        rows["train"] = _balanced(rows["train"], per_task, f"per-task/{seed}")
    return rows


def _balanced(rows: Sequence[Mapping[str, Any]], per_task: int, salt: str) -> list[Any]:
    by_task: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_task.setdefault(row["task_type"], []).append(row)
    kept = set[tuple[str, str]]()
    for task, found in by_task.items():
        if len(found) < per_task:
            log.warning("%s: has %d samples for train, fewer than --per-task %d", task, len(found), per_task)
        order = sorted(found, key=lambda row: (stable_fraction(row["id"], salt), row["id"]))
        kept.update((task, row["id"]) for row in order[:per_task])
    return [row for row in rows if (row["task_type"], row["id"]) in kept]


def check_quality(output: Output, shards: Sequence[ShardEntry], max_bad: float) -> list[str]:
    """What cannot be used, named in the log.

    Raises:
        BadInput: nothing else is there.
        QualityGate: it is a larger share than ``--max-bad`` allows.
    """
    bad = [one for shard in shards for one in shard.stats["bad"]]
    good = sum(shard.rows for shard in shards)
    for one in bad[:20]:
        log.warning("left out: %s", one)
    if len(bad) > max_bad * (good + len(bad)):
        output.withdraw(shards_too=True)
        if not good:
            raise BadInput(f"no sample can be used, the first: {bad[0]}")
        raise QualityGate(
            f"{len(bad)} of {good + len(bad)} samples cannot be used, the first: {bad[0]}; more than --max-bad "
            f"{max_bad:g} allows"
        )
    return bad
