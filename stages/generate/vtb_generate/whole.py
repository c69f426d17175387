"""The files about a whole dataset: card, contact sheet, preview page, and the ``data.json`` of the folder layout."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.artifact import FileEntry, ShardEntry
from vtb.artifact.output import Output
from vtb.canvas import Picture as PuzzlePicture
from vtb.canvas import encode_png, to_rgb
from vtb.formats.vlmpuzzle import DATA
from vtb.puzzles import Family
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
    page = preview_page(_title(recipe), [_preview(family, record) for family, record in shown])
    files = [
        output.put("README.md", write_card(_card(recipe, shards, metrics)).encode()),
        output.put("contact_sheet.png", contact_sheet([_sheet_row(family, record) for family, record in shown])),
        output.put("preview.html", page.encode()),
    ]
    if recipe.layout == "folder":
        files += _combine_data(output, recipe, shards)
    return files, metrics


def _metrics(recipe: Recipe, shards: Sequence[ShardEntry]) -> dict[str, Any]:
    stats = [shard.stats for shard in shards]
    spaces = {stream.name: recipe.family_of(stream).distinct(stream.config) for stream in recipe.streams}
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


def _shown_records(recipe: Recipe) -> Iterator[tuple[Family, dict[str, Any]]]:
    """The first samples of every stream, a dozen in all; made anew, which is cheaper than reading them back."""
    each = max(1, SHOWN // len(recipe.streams))
    for stream in recipe.streams[:SHOWN]:
        family = recipe.family_of(stream)
        for index in range(min(each, stream.count)):
            yield family, make_record(family, stream.config, stream.name, recipe.seed, index)


def _sheet_row(family: Family, record: dict[str, Any]) -> Row:
    pictures = [_framed(record, picture) for picture in (family.draw_puzzle(record), family.draw_solution(record))]
    return Row(record["id"], [to_rgb(picture, family.palette) for picture in pictures])


def _framed(record: dict[str, Any], picture: PuzzlePicture) -> PuzzlePicture:
    """The part of a picture that holds the puzzle, where a record says so: a thumbnail has no room for margins."""
    left, top, side = record.get("area", (0, 0, max(picture.shape)))
    return picture[top : top + side, left : left + side]


def _preview(family: Family, record: dict[str, Any]) -> PreviewSample:
    pictures = [
        Picture("puzzle", encode_png(family.draw_puzzle(record), family.palette)),
        Picture("solution", encode_png(family.draw_solution(record), family.palette)),
    ]
    if record.get("clip"):
        frames = still_frames(family, record, 4)
        pictures += [Picture(f"clip {n + 1} of 4", encode_png(f, family.palette)) for n, f in enumerate(frames)]
    return PreviewSample(record["id"], record["prompts"]["vlm"], record["answer"], record["difficulty"], pictures)


def _title(recipe: Recipe) -> str:
    return f"{recipe.total:,} samples of {recipe.name}"


def _card(recipe: Recipe, shards: Sequence[ShardEntry], metrics: Mapping[str, Any]) -> DatasetCard:
    folder = recipe.name if recipe.families == [recipe.name] else "*"
    pattern = "shards/*.tar" if recipe.layout == "shards" else f"{folder}/{DATA}"
    return DatasetCard(
        title=_title(recipe),
        tags=("visual-reasoning", recipe.name, *(("webdataset",) if recipe.layout == "shards" else ())),
        rows=sum(shard.rows for shard in shards),
        bytes=sum(shard.bytes + sum(file.bytes for file in shard.files) for shard in shards),
        data_files={"train": pattern},
        made_with=recipe.command,
        counts={stream.name: stream.count for stream in recipe.streams},
        distinct=metrics["distinct_puzzles"],
        possible=metrics["possible_puzzles"],
        difficulty=metrics["difficulty"],
        layout="" if recipe.layout == "shards" else VLMPUZZLE_LAYOUT,
    )


def _combine_data(output: Output, recipe: Recipe, shards: Sequence[ShardEntry]) -> list[FileEntry]:
    """One ``data.json`` a family from the shards' lines, through files: the whole lists need not fit in memory."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        paths = {family: Path(folder) / f"{family}.json" for family in recipe.families}
        files = {family: stack.enter_context(path.open("w", encoding="utf-8")) for family, path in paths.items()}
        separators = dict.fromkeys(files, "[\n")
        for shard in shards:
            for line in output.store.get_bytes(shard.path).decode().splitlines():
                record = json.loads(line)
                family = record["family"]
                files[family].write(separators[family] + json.dumps(record, indent=2, ensure_ascii=False))
                separators[family] = ",\n"
        for file in files.values():
            file.write("\n]\n")
            file.close()
        return [output.put_file(f"{family}/{DATA}", path) for family, path in paths.items()]
