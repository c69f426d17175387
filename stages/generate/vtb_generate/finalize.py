"""The files about a whole dataset: card, pages and pictures, and the ``data.json`` of the folder layout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from vtb.artifact import FileEntry, ShardEntry
from vtb.artifact.output import Output
from vtb.datasets.folder_layout import LAYOUT, write_data_files
from vtb.puzzles.registry import families
from vtb.report.card import OTHER, OURS, DatasetCard, uses, write_card
from vtb.report.dataset import PAGES
from vtb.report.difficulty import difficulty_page
from vtb.report.features import FOLDER_FEATURES, shard_features
from vtb.report.gallery import gallery_page, gallery_picture
from vtb_generate.preview import gallery, gallery_note, preview
from vtb_generate.shards import Recipe, merge_difficulty


def describe_whole(
    output: Output, recipe: Recipe, shards: Sequence[ShardEntry]
) -> tuple[list[FileEntry], dict[str, Any]]:
    """Write the files about the whole; returns them and the artifact's metrics."""
    metrics, title, exhibits = _metrics(recipe, shards), _title(recipe), gallery(recipe)
    counts = merge_difficulty([shard.stats for shard in shards])
    groups = {stream.name: recipe.family_of(stream).group for stream in recipe.streams}
    files = [
        output.put("README.md", write_card(_card(recipe, shards, metrics, bool(output.plan.inputs))).encode()),
        output.put("gallery.png", gallery_picture(exhibits)),
        output.put("gallery.html", gallery_page(title, gallery_note(recipe), exhibits).encode()),
        output.put("difficulty.html", difficulty_page(f"How hard {title} are", counts, groups).encode()),
    ]
    if recipe.preview:
        files.append(output.put("preview.html", preview(title, recipe).encode()))
    if recipe.layout == "folder":
        files += write_data_files(output, shards)
    return files, metrics


def _metrics(recipe: Recipe, shards: Sequence[ShardEntry]) -> dict[str, Any]:
    stats = [shard.stats for shard in shards]
    found = {
        "distinct_puzzles": len({identity for shard in stats for identity in shard["identities"]}),
        "possible_puzzles": {stream.name: _countable(recipe.distinct(stream)) for stream in recipe.streams},
        "difficulty": {
            stream: {name: _summary(counts) for name, counts in fields.items()}
            for stream, fields in merge_difficulty(stats).items()
        },
    }
    tries: Counter[str] = Counter()
    for shard in stats:
        tries.update(shard["tries"])
    rejected = {stream.name: round(1 - stream.count / tries[stream.name], 4) for stream in recipe.streams if tries}
    return {**found, "rejected_draws": rejected} if rejected else found


def _countable(space: float | None) -> float | int | None:
    """A number that JSON can hold: whole where exact, None where unknown or beyond floats."""
    if space is None or space == float("inf"):
        return None
    return int(space) if space < 2**53 else space


def _summary(counts: Mapping[float, int]) -> dict[str, float]:
    total = sum(counts.values())
    mean = sum(value * count for value, count in counts.items()) / total
    return {"min": min(counts), "mean": round(mean, 3), "max": max(counts)}


def _title(recipe: Recipe) -> str:
    return f"{recipe.total:,} samples of {recipe.name}"


def _card(recipe: Recipe, shards: Sequence[ShardEntry], metrics: Mapping[str, Any], of_others: bool) -> DatasetCard:
    pattern = "shards/*.tar" if recipe.layout == "shards" else "shards/*.jsonl"
    return DatasetCard(
        title=_title(recipe),
        tags=("visual-reasoning", *recipe.families, *(("webdataset",) if recipe.layout == "shards" else ())),
        rows=sum(shard.rows for shard in shards),
        bytes=sum(shard.all_bytes for shard in shards),
        data_files={"train": pattern},
        features=shard_features() if recipe.layout == "shards" else FOLDER_FEATURES,
        made_with=recipe.command,
        counts={stream.name: stream.count for stream in recipe.streams},
        distinct=metrics["distinct_puzzles"],
        possible=metrics["possible_puzzles"],
        rejected=metrics.get("rejected_draws", {}),
        difficulty=metrics["difficulty"],
        picture="gallery.png",
        pages={what: path for what, path in PAGES.items() if path != "preview.html" or recipe.preview},
        layout="" if recipe.layout == "shards" else LAYOUT,
        uses=uses(clips=any(recipe.example(stream, 0).payload.clip for stream in recipe.streams)),
        shortcuts={name: family.shortcut for name in recipe.families if (family := families()[name]).shortcut},
        license=OTHER if of_others else OURS,  # task files have the license of their makers
    )
