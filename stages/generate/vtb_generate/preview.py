"""Which samples of a dataset people are shown; made anew, which is cheaper than reading them back."""

from __future__ import annotations

from typing import Any

from vtb.media.image import encode_png, encode_rgb
from vtb.puzzles.family import Family
from vtb.puzzles.sample import still_frames
from vtb.report.gallery import Exhibit, exhibit
from vtb.report.pages import Picture, PreviewSample, preview_page
from vtb.tasks.example import Example
from vtb.tasks.task import MODALITIES
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
        _preview(recipe, recipe.family_of(stream), recipe.example(stream, index))
        for stream in recipe.streams
        for index in range(min(recipe.preview, stream.count))
    ]
    return preview_page(title, samples)


def _preview(recipe: Recipe, family: Family[Any], example: Example) -> PreviewSample:
    record = example.payload
    pictures = [
        Picture("puzzle", encode_png(family.draw_puzzle(record), family.palette)),
        Picture("solution", encode_png(family.draw_solution(record), family.palette)),
    ]
    if record.clip:
        total = record.clip.frames
        pictures += [
            Picture(f"frame {number + 1} of {total}", encode_png(frame, family.palette))
            for number, frame in still_frames(family, record, STILLS)
        ]
    puzzle = family.puzzle(record)
    reasoning = family.draw_reasoning(record) if recipe.reasoning else family.show(record, puzzle)
    if (reasoning != puzzle).any():
        pictures.append(Picture("as models that answer in words see it", encode_rgb(reasoning)))
    task_id = getattr(record, "task_id", None)
    title = f"{example.key} (task {task_id})" if task_id else example.key
    prompts: dict[str, str] = {modality: example.prompts.of(modality) for modality in MODALITIES}
    return PreviewSample(title, prompts, example.answer, example.figures, pictures)
