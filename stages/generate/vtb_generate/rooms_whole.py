"""The files about a whole set of rooms: card and pages, and the ``questions.json`` of the folder layout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from vtb.artifact import FileEntry, ShardEntry
from vtb.artifact.output import Output
from vtb.formats.shared_frames import frame_name
from vtb.media.image import encode_rgb, to_rgb
from vtb.report.card import DatasetCard, write_card
from vtb.report.dataset import preview_page
from vtb.report.features import VSI_FEATURES, shard_features
from vtb.report.gallery import gallery_page, gallery_picture
from vtb.report.pages import Picture
from vtb.report.samples import Shown, shown
from vtb.report.thumbnail import thumbnail
from vtb.scenes.room import Room
from vtb.scenes.top_view import draw_top_view
from vtb.tasks.registry import task_of
from vtb_generate.rooms_shards import Recipe, examples_of

EXHIBITS, STILLS, SIDE = 4, 5, 320
QUESTIONS = "questions.json"
NOTE = "Frames of a room, what stands in it seen from above with the way of the camera, and a question about it."


def describe_whole(
    output: Output, recipe: Recipe, shards: Sequence[ShardEntry]
) -> tuple[list[FileEntry], dict[str, Any]]:
    """Write the files about the whole; returns them and the artifact's metrics."""
    kinds, title = Counter[str](), f"Questions about {recipe.rooms:,} rooms"
    for shard in shards:
        kinds.update(shard.stats["kinds"])
    rooms = [exhibits(recipe, index) for index in range(min(recipe.rooms, max(EXHIBITS, recipe.preview)))]
    first = [one[index % len(one)] for index, one in enumerate(rooms[:EXHIBITS]) if one]
    files = [
        output.put("README.md", write_card(_card(recipe, shards, title, kinds)).encode()),
        output.put("gallery.png", gallery_picture(first)),
        output.put("gallery.html", gallery_page(title, NOTE, first).encode()),
    ]
    if recipe.preview:
        every = [one for room in rooms[: recipe.preview] for one in room]
        files.append(output.put("preview.html", preview_page(title, every).encode()))
    if recipe.layout == "folder":
        lines = b",\n".join(line for s in shards for line in output.store.get_bytes(s.path).splitlines())
        files.append(output.put(QUESTIONS, b"[\n" + lines + b"\n]\n"))
    return files, {"rooms": recipe.rooms, "questions": dict(sorted(kinds.items()))}


def exhibits(recipe: Recipe, index: int) -> list[Shown]:
    """The questions about one room, each with a few of its frames and the view from above."""
    room = recipe.room(index)
    pictures = _pictures(room)
    return [shown(task_of(one), one, f"{one.key}, {one.task}", pictures) for one in examples_of(recipe, index, room)]


def _pictures(room: Room) -> list[Picture]:
    step = max(1, len(room.sampled) // STILLS)
    frames = [(place, to_rgb(room.clip[place], room.palette)) for place in room.sampled[::step][:STILLS]]
    stills = [Picture(f"frame {n + 1} of {len(room.clip)}", encode_rgb(thumbnail(one, SIDE))) for n, one in frames]
    return [*stills, Picture("from above", encode_rgb(draw_top_view(room.scene, SIDE)))]


def _card(recipe: Recipe, shards: Sequence[ShardEntry], title: str, kinds: Counter[str]) -> DatasetCard:
    folder = recipe.layout == "folder"
    pages = {"gallery": "gallery.html", **({"rooms with their questions": "preview.html"} if recipe.preview else {})}
    return DatasetCard(
        title=title,
        tags=("visual-reasoning", "spatial-reasoning", *([] if folder else ["webdataset"])),
        rows=sum(shard.rows for shard in shards),
        bytes=sum(shard.all_bytes for shard in shards),
        data_files={"train": "shards/*.jsonl" if folder else "shards/*.tar"},
        features=VSI_FEATURES if folder else shard_features(frame_name(number) for number in range(recipe.frames)),
        made_with="vtb-gen-rooms",
        counts=dict(sorted(kinds.items())),
        picture="gallery.png",
        pages=pages,
        layout=_layout(recipe),
    )


def _layout(recipe: Recipe) -> str:
    if recipe.layout == "folder":
        return (
            f"`{QUESTIONS}` has the questions with the columns of VSI-Bench, and so have the lines of "
            "`shards/*.jsonl`; `videos/SCENE.mp4` is what they ask about."
        )
    clips = " The whole videos are `videos/SCENE.mp4`." if recipe.clips else ""
    return f"In a shard, the {recipe.frames} frames of a room are one sample; the questions about it follow.{clips}"
