"""A small run of ``vtb-gen-maze``."""

from __future__ import annotations

from pathlib import Path

from contract.command_line import TINY_CLIP, call

MAZE = "vtb-gen-maze"
FILES = ["README.md", "difficulty.html", "gallery.html", "gallery.png", "preview.html"]
# 18 samples of two sizes in nine shards.
SMALL = ("--size", "7", "--size", "9", "--count", "10", "--count", "8", "--cell-px", "17", *TINY_CLIP,
         "--show-cell-ids", "--samples-per-shard", "2")  # fmt: skip


def make(folder: Path, *more: object) -> None:
    result = call(MAZE, *SMALL, "--output", folder, *more)
    assert result.code == 0, result.err
