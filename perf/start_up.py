"""``--help`` of every command in a fresh process: the slowest of their medians."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from typing import Any

from vtb.stage.registry import installed

ROUNDS = 5


def run() -> list[dict[str, Any]]:
    """Wall seconds, interpreter included."""
    commands = {found.stage.command: [found.target, *found.words] for found in installed().values()}
    commands["vtb"] = ["vtb.cli.main:main"]
    medians = {name: statistics.median(_seconds(words) for _ in range(ROUNDS)) for name, words in commands.items()}
    slowest = max(medians, key=lambda name: medians[name])
    return [
        {
            "name": "help", "value": round(medians[slowest], 3), "unit": "s", "target": 0.3, "better": "less",
            "slowest": slowest, "all": {name: round(value, 3) for name, value in medians.items()},
        }
    ]  # fmt: skip


def _seconds(words: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "vtb.program", *words, "--help"], check=True, capture_output=True)
    return time.perf_counter() - start
