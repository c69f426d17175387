"""Scenes as rows and videos in the published forms of benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vtb.benchmarks.common.stated_words import LETTERS
from vtb.benchmarks.dsr_bench import NAME as DSR_BENCH
from vtb.benchmarks.four_d_bench import NAME as FOUR_D_BENCH
from vtb.benchmarks.four_d_bench import VIEWS
from vtb.benchmarks.vlm4d import NAME as VLM4D
from vtb.datasets.benchmark_folder import VIDEOS
from vtb.media.frames import sampled_places, strided_places
from vtb.media.video import encode_clip
from vtb.rng import sample_rng
from vtb.scenes.moving.draw import MovingRenderer
from vtb.scenes.moving.questions.around import seen_always, seen_from_side
from vtb.scenes.moving.questions.choice import ask
from vtb.scenes.moving.questions.directions import askers_of
from vtb.scenes.moving.questions.things import Things
from vtb.scenes.moving.truth import perceive_exactly
from vtb_generate.dynamic_rows import Coordinates, from_templates, line_of
from vtb_generate.dynamic_videos import Rendered

MOST = 1000  # questions about a scene, for numbers that no two questions share
SYNTHETIC = "synthetic"  # the folder by which VLM4D's rows say so
CAMERAS = {name: int(name.split("_")[1]) for name in VIEWS.names}  # by the numbers in their names
CATEGORIES = {
    "counting": "Object Counting", "temporal": "Temporal Relationship", "action": "Action",
    "spatial": "Spatial Relationship", "appearance": "Appearance",
}  # fmt: skip


@dataclass(frozen=True)
class AskedScene:
    """The questions about a scene: what each is about, in a word, and its row; and videos by their places."""

    rows: list[tuple[str, dict[str, Any]]]
    videos: dict[str, bytes]


def dsr_bench(scenes: Rendered, number: int) -> AskedScene:
    """The twelve types, with boxes in pixels of the videos; the columns are those of VLMEvalKit's file."""
    video = scenes.video(number)
    coordinates = Coordinates.of(video, "video")
    lines = [line_of(video, one, coordinates) for one in from_templates(video, coordinates)]
    rows = [
        (line.kind, {
            "index": number * MOST + place, "video": line.video, "question": line.question,
            "options": [f"{letter}. {words}" for letter, words in zip(LETTERS, line.options, strict=False)],
            "answer": line.right, "task_type": line.kind,
        })
        for place, line in enumerate(lines)
    ]  # fmt: skip
    return AskedScene(rows, video.clips)


def vlm4d(scenes: Rendered, number: int) -> AskedScene:
    """Which way bodies move and turn; the answers are words of an option."""
    _, scene = scenes.scene(number)
    places = sampled_places(scenes.clip_frames, scenes.frames)
    known = perceive_exactly(scene, places, scenes.fps, scenes.size)
    found = ask(sample_rng(scenes.seed, VLM4D, number), askers_of(scene, known, places), scenes.questions)
    video = f"{SYNTHETIC}/{scenes.name(number)}.mp4"
    rows = [
        (one.kind, {
            "id": f"validation_{number * MOST + place}", "video": video, "question_type": "multiple-choice",
            "question": one.words, "choices": dict(zip(LETTERS, one.options, strict=False)), "answer": one.answer,
        })
        for place, one in enumerate(found, start=1)
    ]  # fmt: skip
    return AskedScene(rows, {f"{VIDEOS}/{video}": _film(scenes, MovingRenderer(scene, scenes.size))})


def four_d_bench(scenes: Rendered, number: int) -> AskedScene:
    """What there is and what it does, seen from three sides on white."""
    _, scene = scenes.scene(number)
    shown = strided_places(scenes.clip_frames, VIEWS.frames)
    things = Things(scene, seen_always(scene, [*CAMERAS.values()], shown, scenes.size), shown[-1])
    rng, name = sample_rng(scenes.seed, FOUR_D_BENCH, number), scenes.name(number)
    rows = [
        (one.kind, {
            "name": f"{name}_{place}", "question": one.words, "choices": list(one.options),
            "Answer index": one.right + 1, "Category": CATEGORIES[one.kind],
        })
        for place, one in enumerate(ask(rng, things.askers(rng), scenes.questions))
    ]  # fmt: skip
    views = {view: MovingRenderer(seen_from_side(scene, camera), scenes.size, hall=False)
             for view, camera in CAMERAS.items()}  # fmt: skip
    return AskedScene(rows, {f"{VIDEOS}/{name}/{view}.mp4": _film(scenes, one) for view, one in views.items()})


def _film(scenes: Rendered, renderer: MovingRenderer) -> bytes:
    pictures = renderer.frames(range(scenes.clip_frames))
    return encode_clip(pictures, renderer.palette, scenes.size, scenes.fps)


LAYOUTS: Mapping[str, Callable[[Rendered, int], AskedScene]] = {
    DSR_BENCH: dsr_bench, VLM4D: vlm4d, FOUR_D_BENCH: four_d_bench,
}  # fmt: skip
