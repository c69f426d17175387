"""The data stages as attacks run them: tiny, one after the other, and what an undisturbed run makes of each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract.command_line import TINY, call, without_run
from vtb.store import LocalStore, open_store

# How many attacks on each stage: few whenever the tests run, many by `make attacks`.
COUNT = int(os.environ.get("VTB_ATTACKS", "2"))
SEED = os.environ.get("VTB_ATTACKS_SEED", "1")
MADE = ("--count", "12", "--samples-per-shard", "3")


@dataclass(frozen=True)
class Step:
    """One command that writes an artifact: its words before ``--output``, with ``{base}`` for the artifacts before."""

    name: str
    words: tuple[str, ...]

    def line(self, base: str, output: object) -> list[str]:
        """The words of the command."""
        return [*(word.format(base=base) for word in self.words), "--output", str(output)]


STEPS = (
    Step("mazes", ("vtb-gen-maze", *TINY, *MADE)),
    Step("folder", ("vtb-gen-visual", "--total", "6", "--samples-per-shard", "2", "--layout", "folder")),
    Step("curated", ("vtb-curate", "--workers", "1", "--test", "0.3", "--input", "{base}/mazes")),
    Step("prepared", ("vtb-prepare", "vlm", "--workers", "1", "--input", "{base}/mazes")),
)  # fmt: skip


def make_all(base: Path) -> None:
    """Run every step undisturbed."""
    for step in STEPS:
        program, *words = step.line(str(base), base / step.name)
        done = call(program, *words)
        assert done.code == 0, done.err


def content(uri: str) -> dict[str, Any]:
    """Every object of an artifact with its bytes, but for when and where it was made and read."""
    store = open_store(uri)
    if isinstance(store, LocalStore):
        assert list(Path(uri).rglob(".*")) == []  # unfinished writes are in no listing
    every = without_run({info.key: store.get_bytes(info.key) for info in store.list()})
    del every["plan.json"]  # is in the manifest
    every["manifest.json"]["inputs"] = [entry["digest"] for entry in every["manifest.json"]["inputs"]]
    return every
