"""Which samples of a dataset people are shown; made anew, which is cheaper than reading them back."""

from __future__ import annotations

from typing import Any

from vtb.media.image import encode_png, encode_rgb, to_rgb
from vtb.puzzles import Family
from vtb.puzzles.sample import still_frames
from vtb.report.gallery import Exhibit, exhibit
from vtb.report.pages import Picture, PreviewSample, preview_page
from vtb_generate.shards import Recipe

STILLS = 4


def gallery(recipe: Recipe) -> list[Exhibit]:
    """One row for each stream: its first sample."""
    return [
        exhibit(recipe.family_of(stream), stream.config_of(0), stream.name, recipe.seed) for stream in recipe.streams
    ]


def gallery_note(recipe: Recipe) -> str:
    """What the gallery shows, in words."""
    if any(stream.config_of(0).clip for stream in recipe.streams):
        return "The first sample of each part, and frames of its clip."
    return "The first sample of each part. The dataset has no clips; these frames are of a clip of the default form."


def preview(title: str, recipe: Recipe) -> str:
    """The page with the first samples of every stream and all that a model is told of them."""
    samples = [
        _preview(recipe.family_of(stream), recipe.record(stream, index))
        for stream in recipe.streams
        for index in range(min(recipe.preview, stream.count))
    ]
    return preview_page(title, samples)


def _preview(family: Family, record: dict[str, Any]) -> PreviewSample:
    pictures = [
        Picture("puzzle", encode_png(family.draw_puzzle(record), family.palette)),
        Picture("solution", encode_png(family.draw_solution(record), family.palette)),
    ]
    if record.get("clip"):
        total = record["clip"]["frames"]
        pictures += [
            Picture(f"frame {number + 1} of {total}", encode_png(frame, family.palette))
            for number, frame in still_frames(family, record, STILLS)
        ]
    reasoning = family.draw_reasoning(record)
    if (reasoning != to_rgb(family.draw_puzzle(record), family.palette)).any():
        pictures.append(Picture("as models that answer in words see it", encode_rgb(reasoning)))
    title = f"{record['id']} (task {record['task_id']})" if "task_id" in record else record["id"]
    return PreviewSample(title, record["prompts"], record["answer"], record["difficulty"], pictures)
