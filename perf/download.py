"""How fast a store downloads, next to ``rclone copy`` from the same server in the same minutes."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(_REPOSITORY / "tests"))

from s3_server import S3Server, find_rclone  # noqa: E402 -- found through the line above

_SHARD = 64 * 10**6
_ROUNDS = 5
_BUCKET = "benchmark"
_FETCH = """
import sys
from pathlib import Path
from vtb.store import download, open_store
store = open_store(sys.argv[1])
download(store, (item.key for item in store.list()), Path(sys.argv[2]))
"""


def run(size_gb: float = 2.0) -> list[dict[str, Any]]:
    """Download an artifact made of 64 MB shards, in turns with rclone; whole commands are timed, with their start."""
    with tempfile.TemporaryDirectory(prefix="vtb-download-") as name:
        folder = Path(name)
        size = _make_shards(folder / "served" / _BUCKET, size_gb)
        with S3Server(folder / "served") as server:
            ways: dict[str, Callable[[Path], None]] = {
                "vtb": lambda target: _vtb(server, target),
                "rclone": lambda target: _rclone(server, target),
            }
            # The server computes the checksum of each object once; neither side is to pay for it.
            for way in ways.values():
                _timed(way, folder / "target", size)
            times: dict[str, list[float]] = {way: [] for way in ways}
            for _ in range(_ROUNDS):
                for label, way in ways.items():
                    times[label].append(_timed(way, folder / "target", size))
    speed = {label: size / 1e6 / statistics.median(seconds) for label, seconds in times.items()}
    return [
        {
            "name": "download_vs_rclone",
            "value": round(speed["vtb"] / speed["rclone"], 3),
            "unit": "ratio",
            "target": 0.8,
            "mb_per_s": round(speed["vtb"], 1),
            "rclone_mb_per_s": round(speed["rclone"], 1),
            "size_gb": size_gb,
            "rounds": _ROUNDS,
        }
    ]


def _make_shards(folder: Path, size_gb: float) -> int:
    folder.mkdir(parents=True)
    count = max(1, round(size_gb * 1e9 / _SHARD))
    for number in range(count):
        (folder / f"shard-{number:05d}.bin").write_bytes(os.urandom(_SHARD))
    return count * _SHARD


def _timed(way: Callable[[Path], None], target: Path, size: int) -> float:
    # What the last round wrote must not be on its way to disk during this one.
    shutil.rmtree(target, ignore_errors=True)
    os.sync()
    started = time.perf_counter()
    way(target)
    seconds = time.perf_counter() - started
    found = sum(path.stat().st_size for path in target.iterdir())
    if found != size:
        raise RuntimeError(f"{found} bytes came instead of {size}")
    return seconds


def _vtb(server: S3Server, target: Path) -> None:
    path = os.pathsep.join([str(_REPOSITORY / "shared"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", _FETCH, f"s3://{_BUCKET}", str(target)]
    subprocess.run(command, env={**os.environ, **server.env, "PYTHONPATH": path}, check=True)


def _rclone(server: S3Server, target: Path) -> None:
    remote = {
        "RCLONE_CONFIG": str(server.root / ".no-config"),
        "RCLONE_CONFIG_BENCH_TYPE": "s3",
        "RCLONE_CONFIG_BENCH_PROVIDER": "Rclone",
        "RCLONE_CONFIG_BENCH_ENDPOINT": server.url,
        "RCLONE_CONFIG_BENCH_ACCESS_KEY_ID": server.access_key,
        "RCLONE_CONFIG_BENCH_SECRET_ACCESS_KEY": server.secret_key,
    }
    command = [find_rclone(), "copy", "--quiet", f"bench:{_BUCKET}", str(target)]
    subprocess.run(command, env={**os.environ, **remote}, check=True)


if __name__ == "__main__":
    for row in run(*map(float, sys.argv[1:])):
        print(json.dumps(row))
