"""What an artifact of many shards costs beside making them: the look at what is done, the commit, and reading it."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SHARDS = 1_000_000


def run(shards: int = SHARDS) -> list[dict[str, Any]]:
    """Seconds and peak memory, in a process of its own over a local folder."""
    with tempfile.TemporaryDirectory(prefix="vtb-shards-") as folder:
        _fill(Path(folder), shards)
        command = [sys.executable, "-m", "perf.many_shards", folder, str(shards)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    more = {"shards": shards, **found}
    return [
        {"name": "many_shards_seconds", "value": round(sum(found["seconds"].values()), 1), "unit": "s",
         "target": 120, "better": "less", **more},
        {"name": "many_shards_memory", "value": found["peak_mb"], "unit": "MB", "target": 1024, "better": "less"},
    ]  # fmt: skip


def _fill(folder: Path, shards: int) -> None:
    """Small shards, without the store's care for power cuts, which would take an hour."""
    from vtb.artifact.manifest import plan_json
    from vtb.artifact.sidecar import SIDECAR, sidecar_bytes

    plan = _plan()
    (folder / "shards").mkdir()
    (folder / "plan.json").write_bytes(plan_json(plan))
    for path in _paths(shards):
        (folder / path).write_bytes(b"x")
        content = {
            "path": path, "rows": 1, "bytes": 1, "sha256": "0" * 64, "split": None, "files": [],
            "stats": {"identities": [path], "tries": {}}, "fingerprint": plan.fingerprint,
        }  # fmt: skip
        (folder / (path + SIDECAR)).write_bytes(sidecar_bytes(content))


def _plan() -> Any:
    from vtb.artifact import Plan

    return Plan("puzzles", "vtb-gen-maze", 1, {"seed": 0})


def _paths(shards: int) -> list[str]:
    return [f"shards/{number:05d}.tar" for number in range(shards)]


def _measure(folder: str, shards: int) -> dict[str, Any]:
    from vtb.artifact import read_manifest
    from vtb.artifact.output import Output

    paths, seconds = _paths(shards), dict[str, float]()
    output, before, cpu = Output(folder, _plan()), time.perf_counter(), time.process_time()
    if len(output.done(paths)) != shards:
        raise RuntimeError("not all shards are done")
    seconds["done"] = time.perf_counter() - before
    before = time.perf_counter()
    output.commit(output.read_shards(paths))
    seconds["commit"] = time.perf_counter() - before
    del output  # whoever reads it is another process
    before = time.perf_counter()
    if read_manifest(folder).rows != shards:
        raise RuntimeError("the manifest is not what was committed")
    seconds["read"] = time.perf_counter() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cpu = time.process_time() - cpu  # what a machine that is busy with other things adds is not in it
    rounded = {name: round(value, 1) for name, value in seconds.items()}
    return {"seconds": rounded, "cpu_seconds": round(cpu, 1), "peak_mb": round(peak)}


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1], int(sys.argv[2]))))
