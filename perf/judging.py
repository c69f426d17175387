"""Judging on one core: pictures of 480 pixels from their PNG bytes, and clips against the bare decoder's frame rate.

The pictures are right answers as a model returns them: RGB, 480 pixels on the longer side whatever the puzzle's size.
"""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from vtb.media.image import decode_image, encode_rgb, to_rgb
from vtb.media.video import decode_clip
from vtb.puzzles.family import Clip, Family
from vtb.puzzles.registry import families
from vtb.puzzles.sample import encode_record_clip, make_example

SIDE, ANSWERS, ROUNDS = 480, 4, 5
TARGETS = {"maze": (300, 0.7), "eyeballing": (300, 0.7), "visual": (None, None), "arc": (None, None)}


def run() -> Iterator[dict[str, Any]]:
    """The median family of each group, and the slowest."""
    import cv2

    cv2.setNumThreads(1)
    for group, (images, video) in TARGETS.items():
        members = [family for family in families().values() if family.group == group]
        yield _figure(f"{group}_image_judging", "images/s", images, {f.name: image_rate(f) for f in members})
        yield _figure(
            f"{group}_video_judging_vs_bare_decoder", "ratio", video, {f.name: video_ratio(f) for f in members}
        )


def _figure(name: str, unit: str, target: float | None, rates: dict[str, float]) -> dict[str, Any]:
    slowest, digits = min(rates, key=lambda family: rates[family]), 3 if unit == "ratio" else 1
    held = {} if target is None else {"target": target}
    found = {"name": name, "value": round(statistics.median(rates.values()), digits), "unit": unit, **held}
    return {**found, "slowest": slowest, "slowest_value": round(rates[slowest], digits)}


def image_rate(family: Family[Any]) -> float:
    """Pictures decoded and judged per second."""
    records = [make_example(family, family.config_class(), "bench", 1, index).payload for index in range(ANSWERS)]
    answers = [_answer(family, record) for record in records]

    def judge() -> None:
        for record, answer in zip(records, answers, strict=True):
            family.score_image(record, decode_image(answer))

    return ANSWERS / _median_seconds(judge)


def _answer(family: Family[Any], record: Any) -> bytes:
    import cv2

    image = to_rgb(family.draw_solution(record), family.palette)
    scale = SIDE / max(image.shape)
    return encode_rgb(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def video_ratio(family: Family[Any]) -> float:
    """Seconds to decode clips by seconds to decode and judge them; in turn, so that the machine's speed hits both."""
    config = family.config_class(clip=Clip())
    records = [make_example(family, config, "bench", 1, index).payload for index in range(ANSWERS)]
    clips = [encode_record_clip(family, record) for record in records]

    def judge() -> None:
        for record, clip in zip(records, clips, strict=True):
            family.score_video(record, decode_clip(clip))

    def decode() -> None:
        for clip in clips:
            _decode(clip)

    return statistics.median(_seconds(decode) / _seconds(judge) for _ in range(ROUNDS))


def _decode(clip: bytes) -> None:
    import av

    with av.open(io.BytesIO(clip)) as container:
        for _ in container.decode(video=0):
            pass


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _median_seconds(work: Callable[[], None]) -> float:
    return statistics.median(_seconds(work) for _ in range(ROUNDS))
