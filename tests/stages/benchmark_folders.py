"""``vtb-gen-dynamic --layout``: the line of small runs, and what came of one as its benchmark's reader has it."""

from __future__ import annotations

from pathlib import Path

from contract.command_line import Result, call
from vtb.benchmarks.registry import Asking, find_benchmark
from vtb.datasets.benchmark_folder import FILES

SIZE, CLIP, FRAMES, SCENES, SEED = (160, 120), 32, 12, 2, 7
SMALL = ("--seed", SEED, "--picture-size", "160x120", "--clip-frames", CLIP, "--videos-per-shard", 1)
LAYOUTS = ("dsr-bench", "vlm4d", "4d-bench")
EACH = {"dsr-bench": 3, "vlm4d": 12, "4d-bench": 10}


def generate(layout: str, output: Path | str, *more: object) -> Result:
    frames = () if layout == "4d-bench" else ("--frames", FRAMES)
    words = ("--scenes", SCENES, "--questions", EACH[layout], *SMALL, *frames, "--output", output)
    return call("vtb-gen-dynamic", "--layout", layout, *words, *more)


def askings(folder: Path, layout: str) -> list[Asking]:
    read = find_benchmark(layout).read
    assert read is not None
    return [one for one in read(folder / FILES[layout]) if isinstance(one, Asking)]
