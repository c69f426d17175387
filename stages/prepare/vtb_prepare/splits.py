"""Which parts of an input a model may learn from, in which shards of rows, and in which split each sample goes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from vtb.datasets.chunk import Chunk
from vtb.datasets.readers import splits_in_words
from vtb.errors import BadInput
from vtb.rng import stable_fraction
from vtb.stage.executor import Task
from vtb.tasks.example import Example
from vtb.tasks.registry import task_of

log = logging.getLogger("vtb.prepare")
SPLITS = ("train", "val")
EVALUATION = ("test", "minitest")  # splits that no model may see in training


def to_learn_from(every: Sequence[Chunk], inputs: Sequence[str]) -> list[Chunk]:
    """The chunks of train and val, or without a split; says which others it leaves out.

    Raises:
        BadInput: there are none.
    """
    ours = [chunk for chunk in every if chunk.split in (None, *SPLITS)]
    others = [chunk for chunk in every if chunk.split not in (None, *SPLITS)]
    if not ours:
        tested = any(chunk.split in EVALUATION for chunk in others)
        why = "nothing but a test split, which no model may learn from" if tested else "no samples for train or val"
        raise BadInput(f"{' '.join(inputs)}: holds {why}")
    if others:
        log.info("left out: %s", splits_in_words(others))
    return ours


@dataclass(frozen=True)
class ShardWork:
    """The chunk behind one shard of rows, and what decides their splits where it has none."""

    number: int
    chunk: Chunk
    val: float
    salt: str

    def split_of(self, example: Example) -> str:
        """The split that curate gave, else a stable one by the puzzle, or by the video."""
        if example.split is not None:
            return example.split
        key = task_of(example).split_key(example.payload)
        return "val" if stable_fraction(key, self.salt) < self.val else "train"


def plan_shards(found: Sequence[Chunk], val: float, seed: int) -> list[Task[ShardWork]]:
    """One shard of rows per chunk."""
    return [
        Task(f"shards/{number:05d}.jsonl", chunk.rows, ShardWork(number, chunk, val, f"split/{seed}"))
        for number, chunk in enumerate(found)
    ]
