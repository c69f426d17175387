"""The files about a whole dataset: card, contact sheet, preview page, and the ``data.json`` of the folder layout."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.artifact import FileEntry, ShardEntry
from vtb.artifact.output import Output
from vtb.canvas import encode_png, to_rgb
from vtb.formats.vlmpuzzle import DATA
from vtb.puzzles import find_family
from vtb.puzzles.sample import make_record, still_frames
from vtb.report.card import DatasetCard, write_card
from vtb.report.contact_sheet import Row, contact_sheet
from vtb.report.pages import Picture, PreviewSample, preview_page
from vtb_generate.shards import Recipe, merge_difficulty

SHOWN = 12
VLMPUZZLE_LAYOUT = "The layout is that of VLMPuzzle: `data.json` names the picture and the solution of each record."


def describe_whole(
    output: Output, recipe: Recipe, shards: Sequence[ShardEntry]
) -> tuple[list[FileEntry], dict[str, Any]]:
    """Write the files about the whole; returns them and the artifact's metrics."""
    metrics = _metrics(recipe, shards)
    shown = list(_shown_records(recipe))
    page = preview_page(_title(recipe), [_preview(recipe, record) for record in shown])
    files = [
        output.put("README.md", write_card(_card(recipe, shards, metrics)).encode()),
        output.put("contact_sheet.png", contact_sheet([_sheet_row(recipe, record) for record in shown])),
        output.put("preview.html", page.encode()),
    ]
    if recipe.layout == "folder":
        files.append(_combine_data(output, recipe, shards))
    return files, metrics


def _metrics(recipe: Recipe, shards: Sequence[ShardEntry]) -> dict[str, Any]:
    stats = [shard.stats for shard in shards]
    family = find_family(recipe.family)
    spaces = {stream.name: family.distinct(stream.config) for stream in recipe.streams}
    return {
        "distinct_puzzles": len({identity for shard in stats for identity in shard["identities"]}),
        "possible_puzzles": {name: _countable(space) for name, space in spaces.items()},
        "difficulty": {
            stream: {name: _summary(counts) for name, counts in fields.items()}
            for stream, fields in merge_difficulty(stats).items()
        },
    }


def _countable(space: float | None) -> float | int | None:
    """A number that JSON can hold: whole where exact, None where unknown or beyond floats."""
    if space is None or space == float("inf"):
        return None
    return int(space) if space < 2**53 else space


def _summary(counts: Mapping[float, int]) -> dict[str, float]:
    total = sum(counts.values())
    mean = sum(value * count for value, count in counts.items()) / total
    return {"min": min(counts), "mean": round(mean, 3), "max": max(counts)}


def _shown_records(recipe: Recipe) -> Iterator[dict[str, Any]]:
    """The first samples of every stream, a dozen in all; made anew, which is cheaper than reading them back."""
    family, each = find_family(recipe.family), max(1, SHOWN // len(recipe.streams))
    for stream in recipe.streams[:SHOWN]:
        for index in range(min(each, stream.count)):
            yield make_record(family, stream.config, stream.name, recipe.seed, index)


def _sheet_row(recipe: Recipe, record: dict[str, Any]) -> Row:
    family = find_family(recipe.family)
    pictures = [family.draw_puzzle(record), family.draw_solution(record)]
    return Row(record["id"], [to_rgb(picture, family.palette) for picture in pictures])


def _preview(recipe: Recipe, record: dict[str, Any]) -> PreviewSample:
    family = find_family(recipe.family)
    pictures = [
        Picture("puzzle", encode_png(family.draw_puzzle(record), family.palette)),
        Picture("solution", encode_png(family.draw_solution(record), family.palette)),
    ]
    if record.get("clip"):
        frames = still_frames(family, record, 4)
        pictures += [Picture(f"clip {n + 1} of 4", encode_png(f, family.palette)) for n, f in enumerate(frames)]
    return PreviewSample(record["id"], record["prompts"]["vlm"], record["answer"], record["difficulty"], pictures)


def _title(recipe: Recipe) -> str:
    return f"{recipe.total:,} samples of {recipe.family}"


def _card(recipe: Recipe, shards: Sequence[ShardEntry], metrics: Mapping[str, Any]) -> DatasetCard:
    pattern = "shards/*.tar" if recipe.layout == "shards" else f"{recipe.family}/{DATA}"
    return DatasetCard(
        title=_title(recipe),
        tags=("visual-reasoning", recipe.family, *(("webdataset",) if recipe.layout == "shards" else ())),
        rows=sum(shard.rows for shard in shards),
        bytes=sum(shard.bytes + sum(file.bytes for file in shard.files) for shard in shards),
        data_files={"train": pattern},
        made_with="vtb-gen-maze",
        counts={stream.name: stream.count for stream in recipe.streams},
        distinct=metrics["distinct_puzzles"],
        possible=metrics["possible_puzzles"],
        difficulty=metrics["difficulty"],
        layout="" if recipe.layout == "shards" else VLMPUZZLE_LAYOUT,
    )


def _combine_data(output: Output, recipe: Recipe, shards: Sequence[ShardEntry]) -> FileEntry:
    """One ``data.json`` from the shards' lines, through a file: the whole list need not fit in memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / DATA
        with path.open("w", encoding="utf-8") as file:
            separator = "[\n"
            for shard in shards:
                for line in output.store.get_bytes(shard.path).decode().splitlines():
                    file.write(separator + json.dumps(json.loads(line), indent=2, ensure_ascii=False))
                    separator = ",\n"
            file.write("\n]\n")
        return output.put_file(f"{recipe.family}/{DATA}", path)
