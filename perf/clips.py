"""Clips (480x480, 81 frames): our frames per second against the bare encoder's on prepared frames, on one core."""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Iterator
from typing import Any

from vtb.media.video import PRESET, fill_planes, new_frame, open_stream, yuv_palette
from vtb.puzzles.family import Clip, Family
from vtb.puzzles.registry import families
from vtb.puzzles.sample import encode_record_clip, make_example

CLIPS, ROUNDS, FRAMES = 3, 3, 81


def run() -> Iterator[dict[str, Any]]:
    """The slowest family of each group decides."""
    rates: dict[str, dict[str, tuple[float, float, float]]] = {}
    for name, family in families().items():
        rates.setdefault(family.group, {})[name] = measure(family)
    for group, found in rates.items():
        slowest = min(found, key=lambda name: found[name][0])
        ratio, ours, bare = found[slowest]
        yield {
            "name": f"{group}_clips_vs_bare_encoder", "value": round(ratio, 3), "unit": "ratio", "target": 0.6,
            "slowest": slowest, "frames_per_s": round(ours), "bare_frames_per_s": round(bare),
            "median": round(statistics.median(ratio for ratio, *_ in found.values()), 3), "preset": PRESET,
        }  # fmt: skip


def measure(family: Family[Any]) -> tuple[float, float, float]:
    """Ratio, our rate and the bare rate, in turn, so that a change of the machine's speed hits both."""
    config = family.config_class(clip=Clip(FRAMES))
    records = [make_example(family, config, "bench", 1, index).payload for index in range(CLIPS)]
    prepared = [_prepare(family, record) for record in records]
    ours, bare = [], []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for record in records:
            encode_record_clip(family, record)
        middle = time.perf_counter()
        for frames in prepared:
            _encode(frames, records[0].clip)
        ours.append(CLIPS * FRAMES / (middle - start))
        bare.append(CLIPS * FRAMES / (time.perf_counter() - middle))
    ratio = statistics.median(a / b for a, b in zip(ours, bare, strict=True))
    return ratio, statistics.median(ours), statistics.median(bare)


def _prepare(family: Family[Any], record: Any) -> list[Any]:
    """The frames of a clip as the encoder takes them, made before the clock starts."""
    table, frames = yuv_palette(family.palette), []
    for number, picture in enumerate(family.draw_frames(record)):
        frame, planes = new_frame(*record.clip.size)
        fill_planes(picture, table, planes)
        frame.pts = number
        frames.append(frame)
    return frames


def _encode(frames: list[Any], clip: Any) -> None:
    import av

    width, height = clip.size
    with av.open(io.BytesIO(), "w", format="mp4") as container:
        stream = open_stream(container, width, height, clip.fps, PRESET)
        for frame in frames:
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
