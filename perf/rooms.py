"""Rooms at their defaults: frames a second with search, drawing and encoding, against the bare encoder on drawn frames.

On one core, in turns, so that a change of the machine's speed hits both; beside it drawing alone, and whole shards.
"""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from vtb.media.video import PRESET, encode_clip, fill_planes, new_frame, open_stream, yuv_palette
from vtb.rng import sample_rng
from vtb.scenes.render import Renderer
from vtb.scenes.room import Room, RoomConfig, make_room
from vtb_generate.rooms_shards import Recipe, ShardWork, make_shard

ROOMS, ROUNDS, FPS = 4, 3, 16
CONFIG = RoomConfig(size=(576, 432))
RECIPE = Recipe(ROOMS, 1, CONFIG.questions, CONFIG.frames, CONFIG.size, CONFIG.clip_frames, FPS, False, "shards", 0)


def run() -> Iterator[dict[str, Any]]:
    """One line."""
    rooms = [_room(index) for index in range(ROOMS)]
    prepared = [_prepared(room) for room in rooms]
    frames = ROOMS * CONFIG.clip_frames
    rates: dict[str, list[float]] = {"whole": [], "drawing": [], "bare": [], "shards": []}
    for _ in range(ROUNDS):
        rates["whole"].append(frames / _seconds(_make_and_encode))
        rates["drawing"].append(frames / _seconds(partial(_draw_all, rooms)))
        rates["bare"].append(frames / _seconds(partial(_encode_all, prepared)))
        rates["shards"].append(ROOMS / _seconds(lambda: make_shard(ShardWork(RECIPE, range(ROOMS)), lambda _: None)))
    middle = {name: statistics.median(found) for name, found in rates.items()}
    ratio = statistics.median(a / b for a, b in zip(rates["whole"], rates["bare"], strict=True))
    yield {
        "name": "rooms_clips_vs_bare_encoder", "value": round(ratio, 3), "unit": "ratio", "target": 0.5,
        "frames_per_s": round(middle["whole"]), "bare_frames_per_s": round(middle["bare"]),
        "drawn_frames_per_s": round(middle["drawing"]), "rooms_in_shards_per_s": round(middle["shards"], 2),
        "preset": PRESET,
    }  # fmt: skip


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _room(index: int) -> Room:
    return make_room(sample_rng(1, "bench", index), CONFIG)


def _make_and_encode() -> None:
    for index in range(ROOMS):
        room = _room(index)
        encode_clip(room.clip, room.palette, CONFIG.size, FPS)


def _draw_all(rooms: Sequence[Room]) -> None:
    for room in rooms:
        renderer = Renderer(room.scene, CONFIG.size)
        for pose in room.scene.path:
            renderer.draw(pose)


def _prepared(room: Room) -> list[Any]:
    """The frames of a clip as the encoder takes them, made before the clock starts."""
    table, frames = yuv_palette(room.palette), []
    for number, picture in enumerate(room.clip):
        frame, planes = new_frame(*CONFIG.size)
        fill_planes(picture, table, planes)
        frame.pts = number
        frames.append(frame)
    return frames


def _encode_all(clips: Sequence[list[Any]]) -> None:
    for frames in clips:
        _encode(frames)


def _encode(frames: list[Any]) -> None:
    import av

    with av.open(io.BytesIO(), "w", format="mp4") as container:
        stream = open_stream(container, *CONFIG.size, FPS, PRESET)
        for frame in frames:
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
