"""Questions about moving bodies at the defaults: whole shards against drawing and encoding their frames alone.

On one core, in turns, so that a change of the machine's speed hits both. What is left is drawing scenes, and finding
questions with answers and options for them.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from vtb.media.frames import sampled_places
from vtb.media.image import encode_rgb, to_rgb
from vtb.rng import sample_rng
from vtb.scenes.moving.draw import MovingRenderer
from vtb.scenes.moving.scene import MovingScene, draw_scene
from vtb_generate.dynamic_shards import QUALITY, ShardWork, make_shard
from vtb_generate.dynamic_videos import Rendered

SCENES, ROUNDS = 6, 3
VIDEOS = Rendered(SCENES, 1, 12, 32, (576, 432), 128, 16, False)


def run() -> Iterator[dict[str, Any]]:
    """One line."""
    scenes = [draw_scene(sample_rng(1, "bench", index), VIDEOS.clip_frames) for index in range(SCENES)]
    whole, drawing, questions = list[float](), list[float](), 0
    for _ in range(ROUNDS):
        start = time.perf_counter()
        questions = make_shard(ShardWork(VIDEOS, range(SCENES), "frames", 1), lambda _: None).rows
        whole.append(time.perf_counter() - start)
        drawing.append(_seconds(lambda: _draw_all(scenes)))
    ratio = statistics.median(a / b for a, b in zip(whole, drawing, strict=True))
    yield {
        "name": "dynamic_shards_vs_drawing", "value": round(ratio, 2), "unit": "ratio", "target": 20, "better": "less",
        "questions_per_s": round(questions / statistics.median(whole), 1),
        "videos_per_s": round(SCENES / statistics.median(whole), 2),
    }  # fmt: skip


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _draw_all(scenes: list[MovingScene]) -> None:
    places = sampled_places(VIDEOS.clip_frames, VIDEOS.frames)
    for scene in scenes:
        renderer = MovingRenderer(scene, VIDEOS.size)
        for picture in renderer.frames(places):
            encode_rgb(to_rgb(picture, renderer.palette), quality=QUALITY)
