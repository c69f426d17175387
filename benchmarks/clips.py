"""Clips (480x480, 81 frames): our frames per second against the bare encoder's on prepared frames, on one core."""

from __future__ import annotations

import io
import statistics
import time
from typing import Any

from vtb import video
from vtb.puzzles import Clip, find_family
from vtb.puzzles.maze_square import Config
from vtb.puzzles.sample import encode_record_clip, make_record

CLIPS, ROUNDS = 12, 5


def run() -> list[dict[str, Any]]:
    """Both in turn, round by round, so that a change of the machine's speed hits both."""
    family, config = find_family("maze_square"), Config(size=9, clip=Clip())
    records = [make_record(family, config, "maze_square-09", 1, index) for index in range(CLIPS)]
    prepared = [_prepare(family, record) for record in records]
    ours, bare = [], []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for record in records:
            encode_record_clip(family, record)
        middle = time.perf_counter()
        for frames in prepared:
            _encode(frames, records[0]["clip"])
        ours.append(CLIPS * 81 / (middle - start))
        bare.append(CLIPS * 81 / (time.perf_counter() - middle))
    ratio = statistics.median(a / b for a, b in zip(ours, bare, strict=True))
    return [
        {
            "name": "clips_vs_bare_encoder", "value": round(ratio, 3), "unit": "ratio", "target": 0.6,
            "frames_per_s": round(statistics.median(ours)), "bare_frames_per_s": round(statistics.median(bare)),
            "preset": video.PRESET,
        }
    ]  # fmt: skip


def _prepare(family: Any, record: dict[str, Any]) -> list[Any]:
    """The frames of a clip as the encoder takes them, made before the clock starts."""
    table, frames = video.yuv_palette(family.palette), []
    for number, picture in enumerate(family.draw_frames(record)):
        frame, planes = video.new_frame(*record["clip"]["size"])
        video.fill_planes(picture, table, planes)
        frame.pts = number
        frames.append(frame)
    return frames


def _encode(frames: list[Any], clip: dict[str, Any]) -> None:
    import av

    width, height = clip["size"]
    with av.open(io.BytesIO(), "w", format="mp4") as container:
        stream = video.open_stream(container, width, height, clip["fps"], video.PRESET)
        for frame in frames:
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
