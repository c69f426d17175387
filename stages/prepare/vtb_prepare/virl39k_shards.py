"""From the published rows and pictures of ViRL39K to rows for ms-swift."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from vtb.artifact import FileEntry, ShardEntry
from vtb.artifact.output import Output, file_sha256
from vtb.benchmarks.registry import Asking, ShownPicture
from vtb.benchmarks.virl39k import NAME
from vtb.benchmarks.virl39k.questions import VirlRow, read_virl
from vtb.errors import BadInput
from vtb.formats.media_tar import pack
from vtb.rng import stable_fraction
from vtb.stage.executor import ShardResult, Task, Tick
from vtb.stage.run import Run
from vtb_prepare.by_video import inputs_of
from vtb_prepare.latent_pictures import Pictures, joined
from vtb_prepare.pictures import PER_SHARD, Found, check_bad, find_pictures, stored_pictures, tell_left_out
from vtb_prepare.splits import SPLITS
from vtb_prepare.swift_files import put_rows, rows_of
from vtb_prepare.virl39k_options import Options
from vtb_prepare.virl39k_rows import card_of, chosen_rows, grpo_row, row_of

HELD_OUT = "held_out.jsonl"
Placed = tuple[VirlRow, str]  # a row with its split


@dataclass(frozen=True)
class ShardWork:
    """Some rows, and where their pictures lie."""

    number: int
    rows: tuple[Placed, ...]
    pictures: Pictures | None


@dataclass(frozen=True)
class Said:
    """What is known before the shards are made: rows that were chosen, those without pictures, the others by reason."""

    chosen: int
    lacking: Sequence[str]
    left_out: Mapping[str, int]


def make_rows(run: Run, options: Options) -> None:
    """Make what is missing of the artifact."""
    chosen, reasons = chosen_rows(read_virl(options.questions), options)
    tell_left_out(reasons)
    if not chosen:
        raise BadInput(f"{options.questions}: no row is left: widen the pass rates or the categories")
    found = find_pictures([_asking(row) for row in chosen], options.images)
    check_bad(found.lacking, len(chosen), options.max_bad)
    placed = with_splits(chosen, found, options.val, f"split/{run.seed}")
    if not placed:
        raise BadInput(f"{options.images}: holds the pictures of no row, the first: {found.lacking[0]}")
    parts = [tuple(placed[start : start + PER_SHARD]) for start in range(0, len(placed), PER_SHARD)]
    tasks = [
        Task(f"shards/{number:05d}.jsonl", len(part), ShardWork(number, part, found.pictures))
        for number, part in enumerate(parts)
    ]
    named = [(NAME, options.questions, file_sha256(options.questions)), ("pictures", options.images, found.digest)]
    said = Said(len(chosen), found.lacking, dict(sorted(reasons.items())))
    run.make_shards(
        run.plan(options, inputs_of(named)), tasks, make_shard,
        lambda output: partial(combine, output, said, options),
        what="rows", summary=f"{len(placed)} rows with their pictures",
    )  # fmt: skip


def _asking(row: VirlRow) -> Asking:
    return Asking(row.example, pictures=tuple(map(ShownPicture, row.pictures)))


def with_splits(chosen: Sequence[VirlRow], found: Found, val: float, salt: str) -> list[Placed]:
    """The rows whose pictures are there; those that share a picture, even by way of others, are in one split."""
    there = {asking.example.key: found.keys(asking) for asking in found.whole}
    whole = [row for row in chosen if row.example.key in there]
    keys = joined([there[row.example.key] or (f"words {row.example.prompts.vlm}",) for row in whole])
    return [(row, "val" if stable_fraction(key, salt) < val else "train") for row, key in zip(whole, keys, strict=True)]


def make_shard(work: ShardWork, tick: Tick) -> ShardResult:
    """Rows with their pictures; those whose picture is damaged are named."""
    lines, media, bad = list[str](), dict[str, bytes](), list[str]()
    counts, tasks = Counter[str](), set[str]()
    for place, (row, split) in enumerate(work.rows):
        tick(1)
        try:
            stored = stored_pictures(_asking(row), work.pictures)
        except BadInput as error:
            bad.append(f"{row.example.key}: {error}")
            continue
        stem = f"media/{work.number:05d}/{place:06d}"
        files = {f"{stem}-{number}{ending}": data for number, (ending, data) in enumerate(stored, 1)}
        # ASCII, since some characters beyond it end a line for ``splitlines``.
        lines.append(json.dumps(row_of(row, list(files), split)) + "\n")
        media |= files
        counts[split] += 1
        tasks.add(row.example.task)
    told = {"splits": dict(counts), "bad": bad, "tasks": sorted(tasks)}
    return ShardResult("".join(lines).encode(), len(lines), {f"media/{work.number:05d}.tar": pack(media)}, told)


def combine(
    output: Output, said: Said, options: Options, shards: Sequence[ShardEntry]
) -> tuple[list[FileEntry], dict[str, Any]]:
    """The engine's files, what was held out, and a card, unless too many pictures are missing or damaged."""
    damaged = [one for shard in shards for one in shard.stats["bad"]]
    check_bad([*said.lacking, *damaged] if damaged else [], said.chosen, options.max_bad)  # the others are told already
    counts = {split: sum(shard.stats["splits"].get(split, 0) for shard in shards) for split in SPLITS}
    if not sum(counts.values()):
        output.withdraw(shards_too=True)
        raise BadInput(f"{options.images}: every picture is damaged, the first: {damaged[0]}")
    held_out = [row["published"] for row in rows_of(output, shards) if row["split"] == "val"]
    files = [
        *put_rows(output, shards, {"grpo": grpo_row}, {}),
        output.put(HELD_OUT, "".join(json.dumps(row) + "\n" for row in held_out).encode()),
        output.put("README.md", card_of(shards, counts).encode()),
    ]
    return files, {"rows": counts, "bad": [*said.lacking, *damaged], "left_out": dict(said.left_out)}
