"""Runs of ``vtb-prepare vlm``, and what they write."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from contract.command_line import Result, call
from vtb.artifact import Manifest, read_manifest
from vtb.formats.webdataset import Sample, read_tar
from vtb.puzzles.maze.common.record import SquareRecord
from vtb.puzzles.registry import find_family
from vtb.tasks.registry import decode_example

MAZE = "vtb-gen-maze"
LINE = ("--size", "7", "--size", "9", "--cell-px", "16", "--count", "20", "--endpoints", "random", "--workers", "1",
        "--samples-per-shard", "7")  # fmt: skip
FAMILY = find_family("maze_square")
NAMES = ["train_sft.jsonl", "train_grpo.jsonl", "val_sft.jsonl", "val_grpo.jsonl"]
BLUE = np.array((0, 0, 255), np.uint8)


def prepare(output: object, *inputs: object, more: tuple[object, ...] = ()) -> Result:
    words = [word for uri in inputs for word in ("--input", uri)]
    return call("vtb-prepare", "vlm", *words, "--output", output, "--workers", "1", *more)


def good(output: Path, *inputs: object, more: tuple[object, ...] = ()) -> Manifest:
    result = prepare(output, *inputs, more=more)
    assert result.code == 0, result.err
    return read_manifest(str(output))


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / name).read_text(encoding="utf-8").splitlines()]


def picture_of(folder: Path, row: Mapping[str, Any]) -> bytes:
    """The picture that a row names, out of the tar that its shard's pictures are packed in."""
    (path,) = row["images"]
    with tarfile.open(folder / f"{Path(path).parent}.tar") as packed:
        file = packed.extractfile(path)
        assert file is not None
        return file.read()


def records(folder: Path) -> dict[str, SquareRecord]:
    """The mazes of an artifact by the keys of their samples."""
    found: dict[str, Sample] = {}
    for path in sorted(folder.glob("shards/*.tar")):
        found.update({sample.key: sample for sample in read_tar(path.read_bytes())})
    return {key: decode_example(sample.parts["json"]).payload for key, sample in found.items()}
