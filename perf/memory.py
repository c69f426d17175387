"""Peak memory of a generator for 1,000 and for 30,000 samples: it must not grow with the run."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SMALL, LARGE = 1_000, 30_000
# Between us and the command stands a small process: a child counts the memory of the one that forked it as its own.
_MEASURE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def run() -> list[dict[str, Any]]:
    """The difference in MB of the peak resident sizes."""
    small, large = _peak_mb(SMALL), _peak_mb(LARGE)
    return [
        {
            "name": "memory_growth", "value": round(large - small, 1), "unit": "MB", "target": 50, "better": "less",
            f"mb_{SMALL}": round(small, 1), f"mb_{LARGE}": round(large, 1),
        }
    ]  # fmt: skip


def _peak_mb(count: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "vtb.program", "vtb_generate.maze:main", "--count", str(count),
                   "--workers", "1", "--output", str(Path(folder) / "out"), "--log-level", "error"]  # fmt: skip
        printed = subprocess.run([sys.executable, "-c", _MEASURE, *command], check=True, capture_output=True)
    return int(printed.stdout) / 1024
