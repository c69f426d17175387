"""A small artifact, made as a stage makes one, for the tests of this folder."""

from __future__ import annotations

from typing import Any

from vtb.artifact import Manifest, Plan, ShardEntry
from vtb.artifact.output import Output

CONFIG = {"seed": 1, "size": [7, 9], "cell_px": 32}
PLAN = Plan("puzzles", "vtb-x", 1, CONFIG)
PATHS = ["shards/00000.tar", "shards/00001.tar"]


def other(**config: Any) -> Plan:
    return Plan("puzzles", "vtb-x", 1, {**CONFIG, **config})


def add(output: Output, path: str, extra: dict[str, bytes] | None = None) -> ShardEntry:
    """Store a shard as a stage does: files, data, sidecar."""
    entries = tuple(output.put(name, data) for name, data in (extra or {}).items())
    data = output.put(path, path.encode())
    return output.add_shard(ShardEntry(path, 3, data.bytes, data.sha256, files=entries, stats={"n": 1}))


def make(uri: str, plan: Plan = PLAN) -> Manifest:
    output = Output(uri, plan)
    output.begin()
    shards = [add(output, path) for path in PATHS]
    return output.commit(shards, [output.put("README.md", b"card"), output.put("A.md", b"a")], {"rows": 6})
