"""Which samples of a dataset people are shown; made anew, which is cheaper than reading them back."""

from __future__ import annotations

from vtb.report.dataset import preview_page
from vtb.report.gallery import exhibit
from vtb.report.samples import Shown, drawn
from vtb_generate.shards import Recipe

STILLS = 4


def gallery(recipe: Recipe) -> list[Shown]:
    """The first sample of each stream."""
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
    samples = []
    for stream in recipe.streams:
        for index in range(min(recipe.preview, stream.count)):
            example = recipe.example(stream, index)
            task_id = getattr(example.payload, "task_id", None)
            label = f"{example.key} (task {task_id})" if task_id else example.key
            samples.append(drawn(recipe.family_of(stream), example, label, STILLS))
    return preview_page(title, samples)
