"""A small data set of several families and folders with answers to it, as models and people leave them."""

from __future__ import annotations

import dataclasses
import functools
import json
from pathlib import Path
from typing import Any

import numpy as np

from contract.command_line import Result, call
from vtb.artifact import Plan, ShardEntry
from vtb.artifact.output import Output
from vtb.formats.webdataset import Sample, write_tar
from vtb.media.image import Image, decode_image
from vtb.media.video import encode_clip
from vtb.puzzles.family import Clip
from vtb.puzzles.registry import find_family
from vtb.puzzles.sample import make_example, render
from vtb.tasks.example import Example

NAMES = ("maze_square", "maze_circle", "midpoint", "arc_connect", "visual_color_grid", "arc_agi_2")
EACH = 2


@functools.cache
def sample(name: str, index: int, *, clip: bool = True) -> tuple[Example, Sample]:
    """An example with its rendered parts; clips of 13 frames."""
    family = find_family(name)
    config = dataclasses.replace(family.config_class(), clip=Clip(13, 16, (320, 320)) if clip else None)
    example = make_example(family, config, name, 5, index)
    return example, render(family, example)


EVERY = [(name, index) for name in NAMES for index in range(EACH)]


def write_puzzles(folder: Path) -> Path:
    """A puzzles artifact with all of them, in two shards."""
    output, shards = Output(str(folder), Plan("puzzles", "vtb-gen-test", 1, {"seed": 5}, ())), []
    output.begin()
    for number, part in enumerate((EVERY[:5], EVERY[5:])):
        data = output.put(f"shards/{number:05d}.tar", write_tar([sample(*place)[1] for place in part]))
        shards.append(output.add_shard(ShardEntry(data.path, len(part), data.bytes, data.sha256)))
    output.commit(shards, [], {})
    return folder


def part_of(name: str, index: int, part: str) -> bytes:
    return sample(name, index)[1].parts[part]


def ids() -> list[str]:
    return [sample(*place)[0].key for place in EVERY]


def clip_of(images: list[Image], fps: int = 8) -> bytes:
    """RGB pictures as a video, one palette for all."""
    height, width = (side // 2 * 2 for side in images[0].shape[:2])
    # One number for each color: numpy is a hundred times as slow with rows.
    rgb = np.stack([image[:height, :width] for image in images]).astype(np.uint32)
    packed, indices = np.unique(rgb[..., 0] << 16 | rgb[..., 1] << 8 | rgb[..., 2], return_inverse=True)
    colors = [(value >> 16, value >> 8 & 255, value & 255) for value in packed.tolist()]
    assert len(colors) <= 256
    frames = indices.reshape(len(images), height, width).astype(np.uint8)
    return encode_clip(list(frames), tuple(colors), (width, height), fps)


def image_of(data: bytes) -> Image:
    return decode_image(data)


def put(folder: Path, name: str, data: bytes | str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)


def score(puzzles: Path, output: Path, *answers: Path, more: tuple[object, ...] = ()) -> Result:
    folders = [word for folder in answers for word in ("--answers", folder)]
    return call("vtb-eval", "score", "--input", puzzles, *folders, "--output", output, "--workers", "1", *more)


def scored(puzzles: Path, output: Path, *answers: Path, more: tuple[object, ...] = ()) -> dict[str, Any]:
    result = score(puzzles, output, *answers, more=more)
    assert result.code == 0, result.err
    found: dict[str, Any] = json.loads((output / "scores.json").read_text())
    return found


def verdicts(output: Path) -> dict[tuple[str, int], dict[str, Any]]:
    lines = "".join(path.read_text() for path in sorted(output.glob("shards/*.jsonl"))).splitlines()
    return {(line["id"], line["attempt"]): line for line in map(json.loads, lines)}
