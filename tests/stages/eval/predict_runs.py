"""Runs of ``vtb-eval predict`` with a tiny random model, and what they write."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contract.command_line import Result, call
from vtb.artifact import Manifest, read_manifest
from vtb.formats.shared_frames import unfold
from vtb.formats.webdataset import read_tar

ASK = ("--device", "cpu", "--workers", "1", "--max-new-tokens", "12")


def curate(folder: Path, sizes: Sequence[str]) -> Path:
    mazes, out = folder / "mazes", folder / "curated"
    make = ("--cell-px", "16", "--endpoints", "random", "--samples-per-shard", "9", "--workers", "1")
    split = ("--val", "0.15", "--test", "0.3", "--samples-per-shard", "4", "--workers", "1")
    commands: tuple[tuple[Any, ...], ...] = (
        ("vtb-gen-maze", *sizes, *make, "--output", mazes),
        ("vtb-curate", "--input", mazes, *split, "--output", out),
    )
    for words in commands:
        done = call(*words)
        assert done.code == 0, done.err
    return out


def tiny(folder: Path, family: Any) -> Path:
    from vtb_train_vlm.tiny_model import build_tiny_model

    out: Path = folder / family
    build_tiny_model(family, out, seed=3)  # one that says something else about each maze
    return out


def predict(curated: Path, model: Path, out: Path, *more: object) -> Result:
    return call("vtb-eval", "predict", "--input", curated, "--model", model, "--output", out, *ASK, *more)


def complete(result: Result) -> Manifest:
    assert result.code == 0, result.err
    return read_manifest(result.out.strip(), ("predictions",))


def answers(out: Path) -> dict[str, dict[str, Any]]:
    """Every answer by the id of its sample."""
    found: dict[str, dict[str, Any]] = {}
    for shard in read_manifest(str(out)).shards:
        for sample in unfold(read_tar((out / shard.path).read_bytes())):
            found[sample.key] = json.loads(sample.parts["json"])
    return found


def texts(out: Path) -> dict[str, str]:
    return {key: answer["text"] for key, answer in answers(out).items()}


def split_keys(curated: Path, split: str) -> list[str]:
    shards = [shard for shard in read_manifest(str(curated)).shards if shard.split == split]
    return [sample.key for shard in shards for sample in read_tar((curated / shard.path).read_bytes())]
