"""What is asked: the samples of one split of a puzzles artifact, in shards of questions."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vtb.artifact import Manifest, ShardEntry
from vtb.artifact.shard_data import read_samples
from vtb.canvas import UnreadableImage, decode_image, encode_rgb
from vtb.errors import BadInput
from vtb.formats.swift import DIRECT, THINK
from vtb.formats.webdataset import Sample
from vtb.puzzles import DAMAGE, family_of
from vtb.puzzles.sample import PUZZLE, REASONING, RECORD

CLOSINGS = {"direct": DIRECT, "think": THINK}


@dataclass(frozen=True)
class Question:
    """One question: the record behind it, the words, the picture shown, and the picture without printed names."""

    key: str
    record: dict[str, Any]
    text: str
    picture: bytes
    puzzle: bytes


@dataclass(frozen=True)
class ShardWork:
    """Samples ``start`` to ``stop`` of the chosen split."""

    uri: str
    shards: tuple[ShardEntry, ...]
    start: int
    stop: int
    style: str


def choose_shards(uri: str, manifest: Manifest, split: str) -> tuple[ShardEntry, ...]:
    """The shards of a split; all shards for ``all`` or where the artifact has no splits."""
    if manifest.shards and not manifest.shards[0].path.endswith(".tar"):
        raise BadInput(f"{uri}: was made with --layout folder: make it with --layout shards to evaluate on it")
    splits = manifest.splits
    if split == "all" or not splits:
        return manifest.shards
    chosen = tuple(shard for shard in manifest.shards if shard.split == split)
    if not chosen:
        known = ", ".join(f"{name} ({rows})" for name, rows in splits.items())
        raise BadInput(f"{uri}: has no split {split!r}, only {known}: choose with --split")
    return chosen


def read_questions(work: ShardWork) -> Iterator[Question]:
    """The questions of a shard of predictions."""
    first = 0
    for shard in work.shards:
        start, stop = max(work.start, first), min(work.stop, first + shard.rows)
        if start < stop:
            for sample in _read_shard(work.uri, shard)[start - first : stop - first]:
                yield make_question(sample, work.style)
        first += shard.rows


@functools.lru_cache(maxsize=2)
def _read_path(uri: str, path: str, sha256: str, rows: int) -> list[Sample]:
    """Keyed by what can be hashed: an entry's figures cannot."""
    return read_samples(uri, ShardEntry(path, rows, 0, sha256), "run vtb-curate on the data first")


def _read_shard(uri: str, shard: ShardEntry) -> list[Sample]:
    return _read_path(uri, shard.path, shard.sha256, shard.rows)


def make_question(sample: Sample, style: str) -> Question:
    """The question that a sample asks a vision-language model."""
    try:
        record, puzzle = json.loads(sample.parts[RECORD]), sample.parts[PUZZLE]
        family = family_of(record)
        family.validate(record)
        picture = sample.parts.get(REASONING) or encode_rgb(family.draw_reasoning(record, decode_image(puzzle)))
        text = f"{family.ask(record, 'vlm')}\n{CLOSINGS[style]}"
    except (UnreadableImage, *DAMAGE) as error:
        raise BadInput(f"sample {sample.key} cannot be asked ({error!r}): run vtb-curate on the data first") from error
    return Question(sample.key, record, text, picture, puzzle)
