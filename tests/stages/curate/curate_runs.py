"""Runs of ``vtb-curate``, and changes of what it reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from contract.command_line import Result, call
from vtb.artifact import Manifest, ShardEntry, read_manifest
from vtb.artifact.output import Output
from vtb.formats.webdataset import Sample, read_tar, write_tar
from vtb.puzzles.maze.common.record import SquareRecord
from vtb.puzzles.registry import find_family
from vtb.tasks.registry import decode_example

MAZE, CURATE = "vtb-gen-maze", "vtb-curate"
# 24 different mazes with clips, in six shards.
LINE = ("--size", "9", "--cell-px", "8", "--count", "24", "--samples-per-shard", "4",
        "--video", "--frames", "5", "--clip-size", "96x96", "--workers", "1")  # fmt: skip
FAMILY = find_family("maze_square")


def curate(output: object, *inputs: object, more: tuple[object, ...] = ()) -> Result:
    words = [word for uri in inputs for word in ("--input", uri)]
    return call(CURATE, *words, "--output", output, "--workers", "1", *more)


def good(output: Path, *inputs: object, more: tuple[object, ...] = ()) -> Manifest:
    result = curate(output, *inputs, more=more)
    assert result.code == 0, result.err
    return read_manifest(str(output))


def samples(folder: Path, pattern: str = "shards/*.tar") -> list[Sample]:
    return [sample for path in sorted(folder.glob(pattern)) for sample in read_tar(path.read_bytes())]


def puzzle_of(sample: Sample) -> SquareRecord:
    payload: SquareRecord = decode_example(sample.parts["json"]).payload
    return payload


def columns_changed(sample: Sample, **values: Any) -> bytes:
    """The example's JSON with other values in its columns."""
    return json.dumps({**json.loads(sample.parts["json"]), **values}).encode()


def payload_changed(sample: Sample, **values: Any) -> bytes:
    """The example's JSON with other values in its payload."""
    payload = json.loads(json.loads(sample.parts["json"])["payload"])
    return columns_changed(sample, payload=json.dumps({**payload, **values}))


def by_split(folder: Path) -> dict[str, set[str]]:
    """The identities of the puzzles in each split."""
    found = {split: samples(folder, f"shards/{split}-*.tar") for split in ("train", "val", "test")}
    return {split: {FAMILY.identity(puzzle_of(sample)) for sample in found[split]} for split in found}


def rewrite(folder: Path, shard: str, change: Callable[[list[Sample]], list[Sample]]) -> None:
    """Change the samples of a shard, and the manifest with it, so that only the samples are wrong."""
    path, manifest = folder / shard, read_manifest(str(folder))
    changed = change(list(read_tar(path.read_bytes())))
    output = Output(str(folder), manifest.plan)
    data = output.put(shard, write_tar(changed))
    new = ShardEntry(shard, len(changed), data.bytes, data.sha256)
    output.commit([new if old.path == shard else old for old in manifest.shards], manifest.files, manifest.metrics)


def replaced(sample: Sample, **parts: bytes | None) -> Sample:
    """The sample with parts changed, or taken away; underscores stand for dots."""
    named = {name.replace("_", "."): data for name, data in parts.items()}
    kept: Mapping[str, bytes | None] = {**sample.parts, **named}
    return Sample(sample.key, {name: data for name, data in kept.items() if data is not None})
