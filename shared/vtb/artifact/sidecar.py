"""Sidecars: the small objects that mark shards as done; one is trusted only if it fits its shard and its plan."""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

from vtb.artifact.manifest import ShardEntry, json_bytes, parse_shard
from vtb.store import ObjectMissing, Store

SIDECAR = ".done.json"
THREADS = 16


def write_sidecar(store: Store, shard: ShardEntry, fingerprint: str) -> None:
    """Mark a shard, whose object and files are already in the store, as done for the plan with this fingerprint."""
    store.put_bytes(shard.path + SIDECAR, json_bytes({**asdict(shard), "fingerprint": fingerprint}))


def done_shards(store: Store, paths: Iterable[str], fingerprint: str) -> dict[str, ShardEntry]:
    """Those of the shards that need no more work.

    A shard is done when its object is there with the size that its sidecar says, and the sidecar is whole and of this
    plan. Anything else is simply made again.
    """
    wanted = list(paths)
    folders = sorted({path.rpartition("/")[0] + "/" for path in wanted})  # media files are too many to list
    sizes = {info.key: info.size for folder in folders for info in store.list(folder)}
    marked = [path for path in wanted if path in sizes and path + SIDECAR in sizes]
    with ThreadPoolExecutor(THREADS) as pool:
        entries = pool.map(lambda path: _read(store, path, fingerprint), marked)
        return {entry.path: entry for entry in entries if entry is not None and entry.bytes == sizes[entry.path]}


def _read(store: Store, path: str, fingerprint: str) -> ShardEntry | None:
    """The sidecar of a shard, or None when it is damaged, gone, of another shard or of another plan."""
    try:
        data = json.loads(store.get_bytes(path + SIDECAR))
        entry = parse_shard(data)
        return entry if data["fingerprint"] == fingerprint and entry.path == path else None
    except (ObjectMissing, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
