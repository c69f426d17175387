"""The files about a whole set of videos: the card, the quarantine, and the files of DSR Suite's tools."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from vtb.artifact import FileEntry, ShardEntry
from vtb.artifact.output import Output
from vtb.datasets.videos.legacy import CLASSES, DYNAMIC, agent_object, dynamic_videos
from vtb.datasets.videos.record import QUARANTINED, VideoRow, decode_rows, encode_rows
from vtb.errors import QualityGate
from vtb.report.card import OTHER, DatasetCard, write_card
from vtb.report.features import VIDEO_FEATURES
from vtb.stage.executor import Task
from vtb_curate.videos_ask import AskWork
from vtb_curate.videos_options import Options

log = logging.getLogger("vtb.curate")
QUARANTINE = "quarantine.jsonl"
COUNTS, SUMS = ("left_out", "quarantined", "categories", "tokens"), ("kept", "asked", "answers", "of_unknown_length")
LAYOUT = (
    "A line of `shards/*.jsonl` is a video, in the order of the input: whether it is kept, left out or in quarantine, "
    "why, the classes that act (`agents`) and those that do not (`objects`), its category, its length, the share of "
    "the picture that moves by itself, and what the model said. The videos themselves are not part of this."
)


def describe_whole(
    output: Output, options: Options, looked: Sequence[ShardEntry], shards: Sequence[ShardEntry]
) -> tuple[list[FileEntry], dict[str, Any]]:
    """Write the files about the whole; returns them and the artifact's metrics."""
    metrics = total(shards)
    tell(metrics)
    files = [FileEntry(shard.path, shard.bytes, shard.sha256) for shard in looked]
    files.append(output.put("README.md", card(shards, metrics).encode()))
    if options.legacy or metrics["quarantined"]:
        rows = list(_rows(output, shards))
        if metrics["quarantined"]:
            bad = [row for row in rows if row.outcome == QUARANTINED]
            files.append(output.put(QUARANTINE, encode_rows(bad)))
        if options.legacy:
            files += [output.put(DYNAMIC, dynamic_videos(rows)), output.put(CLASSES, agent_object(rows))]
    return files, metrics


def check_kept(output: Output, asking: Sequence[Task[AskWork]]) -> None:
    """Refuse a set of which nothing is kept; answers stay where they are, since they were paid for.

    Raises:
        QualityGate: no video is kept; the message has the most frequent reason.
    """
    metrics = total(output.read_shards([task.path for task in asking]))
    if metrics["kept"]:
        return
    tell(metrics)
    ((why, count),) = (Counter(metrics["left_out"]) + Counter(metrics["quarantined"])).most_common(1)
    most = f"of {metrics['videos']} videos none is kept; the most frequent reason, {count} times: {why}"
    if metrics["answers"]:
        raise QualityGate(
            f"{most}: the answers stay in {output.uri}/shards; for other options take another --output, or --overwrite"
        )
    output.withdraw(shards_too=True)
    raise QualityGate(f"{most}: nobody was asked; change what is left out, or give other videos")


def _rows(output: Output, shards: Sequence[ShardEntry]) -> Sequence[VideoRow]:
    return [row for shard in shards for row in decode_rows(output.store.get_bytes(shard.path), shard.path)]


def total(shards: Sequence[ShardEntry]) -> dict[str, Any]:
    """The figures of all shards together; what is kept, left out and in quarantine is every video once."""
    counts = {name: Counter[str]() for name in COUNTS}
    for shard in shards:
        for name in COUNTS:
            counts[name].update(shard.stats[name])
    sums = {name: sum(shard.stats[name] for shard in shards) for name in SUMS}
    return {
        "videos": sum(shard.rows for shard in shards),
        **sums,
        **{name: dict(sorted(found.items())) for name, found in counts.items()},
    }


def tell(metrics: Mapping[str, Any]) -> None:
    """What became of the videos, and what a user should look at."""
    words = [f"kept: {metrics['kept']}"]
    words += [f"left out, {why}: {count}" for why, count in metrics["left_out"].items()]
    words += [f"quarantined, {why}: {count}" for why, count in metrics["quarantined"].items()]
    log.info("of %d videos: %s", metrics["videos"], "; ".join(words))
    if metrics["of_unknown_length"]:
        log.info("%d videos were judged whose length nobody knows", metrics["of_unknown_length"])
    if bad := sum(metrics["quarantined"].values()):
        log.warning("%d of %d videos: no answer could be read: see %s", bad, metrics["videos"], QUARANTINE)


def card(shards: Sequence[ShardEntry], metrics: Mapping[str, Any]) -> str:
    """The dataset card."""
    counts = {f"{name.replace('_', ' ')}: {why}": count for name in COUNTS[:2] for why, count in metrics[name].items()}
    return write_card(
        DatasetCard(
            title=f"{metrics['kept']:,} videos in which several things move",
            tags=("video", "spatial-reasoning"),
            uses=("video-classification",),
            license=OTHER,
            rows=metrics["videos"],
            bytes=sum(shard.bytes for shard in shards),
            data_files={"train": "shards/*.jsonl"},
            features=VIDEO_FEATURES,
            made_with="vtb-curate videos",
            counts={"kept": metrics["kept"], **counts},
            layout=LAYOUT,
        )
    )
