"""How many hours 21 families x 10,000 samples with clips take on 16 cores: the arithmetic from this machine's one core.

A sample is its record, puzzle, solution and clip of 81 frames of 480x480, in a finished shard. Shards are made
independently, so sixteen free cores are taken to make sixteen times as many as one.
"""

from __future__ import annotations

import time
from typing import Any

from vtb.formats.webdataset import write_tar
from vtb.puzzles.family import Clip, Family
from vtb.puzzles.registry import families
from vtb.puzzles.sample import make_example, render

SAMPLES, CORES, MEASURED = 10_000, 16, 12
SECOND_VERSION = "arc_connect_point_ver"  # of one of the benchmark's 21 eyeballing tasks


def run() -> list[dict[str, Any]]:
    """The sum over the benchmark's eyeballing tasks."""
    import cv2

    cv2.setNumThreads(1)
    tasks = [f for f in families().values() if f.group == "eyeballing" and f.name != SECOND_VERSION]
    seconds = {family.name: _seconds_a_sample(family) for family in tasks}
    slowest = max(seconds, key=lambda name: seconds[name])
    hours = sum(seconds.values()) * SAMPLES / CORES / 3600
    return [
        {
            "name": "one_night", "value": round(hours, 2), "unit": "hours", "target": 10, "better": "less",
            "families": len(tasks), "samples_each": SAMPLES, "cores": CORES,
            "seconds_a_sample": round(sum(seconds.values()) / len(tasks), 4),
            "slowest": slowest, "slowest_seconds_a_sample": round(seconds[slowest], 4),
        }
    ]  # fmt: skip


def _seconds_a_sample(family: Family[Any]) -> float:
    config = family.config_class(clip=Clip())
    start = time.perf_counter()
    examples = (make_example(family, config, family.name, 1, index) for index in range(MEASURED))
    write_tar(render(family, example) for example in examples)
    return (time.perf_counter() - start) / MEASURED
