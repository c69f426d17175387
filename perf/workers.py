"""Two workers against one on the same run, as a user starts it: start-up counted, on two free cores."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

COUNT, ROUNDS = 60_000, 3


def run() -> list[dict[str, Any]]:
    """The median of the ratios, pair by pair."""
    pairs = [(_seconds(1), _seconds(2)) for _ in range(ROUNDS)]
    ratio = statistics.median(one / two for one, two in pairs)
    seconds = {f"seconds_{n + 1}": round(statistics.median(pair[n] for pair in pairs), 2) for n in range(2)}
    return [{"name": "two_workers_vs_one", "value": round(ratio, 3), "unit": "ratio", "target": 1.8, **seconds}]


def _seconds(workers: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "vtb.program", "vtb_generate.maze:main", "--size", "11", "--count", str(COUNT)]
        command += ["--workers", str(workers), "--output", str(Path(folder) / "out"), "--log-level", "error"]
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - start
