"""From rooms to shards: questions with the frames that they show, or rows and videos in the form of VSI-Bench."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from vtb.benchmarks.rooms import NAME
from vtb.benchmarks.vsi_bench.questions import example_of
from vtb.benchmarks.vsi_bench.record import VsiRecord
from vtb.formats.shared_frames import fold, frame_name
from vtb.formats.webdataset import Sample, write_tar
from vtb.media.image import encode_rgb, to_rgb
from vtb.media.video import encode_clip
from vtb.puzzles.sample import EXAMPLE
from vtb.rng import sample_rng
from vtb.scenes.room import Room, RoomConfig, make_room
from vtb.stage.executor import ShardResult, Task, Tick
from vtb.stage.sharding import in_parts
from vtb.tasks.example import ASKED, Example, Media, encode_example, figures_of
from vtb_generate.shards import Layout, one_thread

QUALITY = 90  # of the JPEG files


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a run makes; see the command's options."""

    rooms: int
    seed: int
    questions: int
    frames: int
    size: tuple[int, int]
    clip_frames: int
    fps: int
    clips: bool
    layout: Layout
    preview: int

    def room(self, index: int) -> Room:
        """One room of the run: by its number alone."""
        config = RoomConfig(self.questions, self.frames, self.size, self.clip_frames)
        return make_room(sample_rng(self.seed, NAME, index), config)

    def scene(self, index: int) -> str:
        """Its name; the seed is in it, so that rooms of two runs are not taken for the same."""
        return f"room-{self.seed}-{index:07d}"


@dataclass(frozen=True)
class ShardWork:
    """The rooms of one shard."""

    recipe: Recipe
    numbers: range


def plan_shards(recipe: Recipe, rooms_per_shard: int) -> list[Task[ShardWork]]:
    """Shards of a fixed number of rooms, named after their index."""
    suffix = "tar" if recipe.layout == "shards" else "jsonl"
    return [
        Task(f"shards/{index:05d}.{suffix}", len(part), ShardWork(recipe, part))
        for index, part in enumerate(in_parts(recipe.rooms, rooms_per_shard))
    ]


def make_shard(work: ShardWork, tick: Tick) -> ShardResult:
    """The bytes of one shard, the videos beside it, and how many questions of each type there are."""
    one_thread()
    recipe, samples, rows, videos = work.recipe, list[Sample](), list[dict[str, Any]](), dict[str, bytes]()
    kinds = Counter[str]()
    for index in work.numbers:
        room, scene = recipe.room(index), recipe.scene(index)
        kinds.update(question.kind for question in room.questions)
        if recipe.layout == "shards":
            samples += room_samples(recipe, index, room)
        else:
            rows += [row_of(example) for example in examples_of(recipe, index, room)]
        if recipe.clips or recipe.layout == "folder":
            videos[f"videos/{scene}.mp4"] = encode_clip(room.clip, room.palette, recipe.size, recipe.fps)
        tick(1)
    lines = "".join(f"{json.dumps(row)}\n" for row in rows).encode()
    data = write_tar(fold(samples)) if recipe.layout == "shards" else lines
    return ShardResult(data, kinds.total(), videos, {"kinds": dict(kinds), "rooms": len(work.numbers)})


def examples_of(recipe: Recipe, index: int, room: Room) -> Iterator[Example]:
    """The questions about a room."""
    scene, media = recipe.scene(index), tuple(Media(ASKED, "image", frame_name(n)) for n in range(recipe.frames))
    figures = {"things": len(room.scene.things), "square_meters": room.scene.size[0] * room.scene.size[1] / 1e6}
    for number, asked in enumerate(room.questions):
        record = VsiRecord(scene=scene, question=asked.words, options=asked.options, answer=asked.answer, dataset=NAME)
        example = example_of(NAME, asked.kind, record, f"{scene}-{number:02d}", media)
        yield structs.replace(example, seed=recipe.seed, index=index, difficulty=figures_of(figures))


def room_samples(recipe: Recipe, index: int, room: Room) -> Iterator[Sample]:
    """Whole samples, with all frames."""
    pictures = (to_rgb(room.clip[place], room.palette) for place in room.sampled)
    frames = {frame_name(number): encode_rgb(one, quality=QUALITY) for number, one in enumerate(pictures)}
    for example in examples_of(recipe, index, room):
        yield Sample(example.key, {EXAMPLE: encode_example(example), **frames})


def row_of(example: Example) -> dict[str, Any]:
    """A question with the columns of VSI-Bench."""
    record = example.payload
    return {
        "id": example.key, "dataset": record.dataset, "scene_name": record.scene, "question_type": example.task,
        "question": record.question, "options": list(record.options) or None, "ground_truth": record.answer,
    }  # fmt: skip
