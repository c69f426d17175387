"""Sidecars: the small objects that mark shards as done; one is trusted only if it fits its shard and its plan."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import overload

from vtb.artifact.manifest import MAX_NOTE, ShardEntry, json_bytes
from vtb.store import ObjectMissing, ObjectTooLarge, Store, is_remote
from vtb.store.parallel import each

SIDECAR = ".done.json"
THREADS = 16
_BATCH = 64  # sidecars that a thread reads in one go: handing them out one by one would cost more than reading them
_CHECK = b',\n "check": "'


class DoneShards(Mapping[str, ShardEntry]):
    """The shards that need no more work, by path; kept as JSON, a tenth of the objects, and decoded when asked for."""

    def __init__(self, raw: dict[str, bytes]) -> None:
        self.raw = raw

    def __getitem__(self, path: str) -> ShardEntry:
        return _entry(self.raw[path])

    def __contains__(self, path: object) -> bool:
        return path in self.raw

    def __iter__(self) -> Iterator[str]:
        return iter(self.raw)

    def __len__(self) -> int:
        return len(self.raw)

    def in_order(self, paths: Sequence[str]) -> ShardList:
        """Their entries, in the order of the paths."""
        return ShardList([self.raw[path] for path in paths])


class ShardList(Sequence[ShardEntry]):
    """Entries of shards, decoded when asked for."""

    def __init__(self, raw: Sequence[bytes]) -> None:
        self.raw = raw

    def __len__(self) -> int:
        return len(self.raw)

    @overload
    def __getitem__(self, index: int) -> ShardEntry: ...
    @overload
    def __getitem__(self, index: slice) -> ShardList: ...
    def __getitem__(self, index: int | slice) -> ShardEntry | ShardList:
        return ShardList(self.raw[index]) if isinstance(index, slice) else _entry(self.raw[index])

    def __iter__(self) -> Iterator[ShardEntry]:
        return map(_entry, self.raw)


def write_sidecar(store: Store, shard: ShardEntry, fingerprint: str) -> None:
    """Mark a shard, whose object and files are already in the store, as done for the plan with this fingerprint."""
    store.put_bytes(shard.path + SIDECAR, sidecar_bytes({**asdict(shard), "fingerprint": fingerprint}))


def announce(store: Store, shard: ShardEntry) -> None:
    """Say which files a shard will have, in a sidecar of no plan: if its maker is killed, they can be removed."""
    if store.stat(shard.path + SIDECAR) is None:
        write_sidecar(store, shard, "")


def sidecar_bytes(content: Mapping[str, object]) -> bytes:
    """A sidecar as it is stored: with a hash of itself, since nothing else tells whether its figures were edited."""
    text = json_bytes(content)[: -len("\n}\n")]
    return text + _CHECK + _hash(text) + b'"\n}\n'


def done_shards(store: Store, paths: Sequence[str], fingerprint: str, known: DoneShards | None = None) -> DoneShards:
    """Those of the shards that need no more work.

    A shard is done when its object is there with the size that its sidecar says, and the sidecar is whole and of this
    plan. Anything else is simply made again.

    Args:
        store: Where the artifact is.
        paths: The shards.
        fingerprint: That of the plan.
        known: What an earlier look found; those sidecars are not read again.
    """
    sizes, marks = _sizes(store, paths)
    found = dict[str, bytes]()
    unread = list[int]()
    for index, size in enumerate(sizes):
        path = paths[index]
        raw = known.raw.get(path) if known is not None else None
        if raw is not None and len(raw) == marks[index] and _bytes(raw) == size:
            found[path] = raw
        elif size >= 0:
            unread.append(index)

    def read(start: int) -> list[tuple[int, bytes]]:
        batch = unread[start : start + _BATCH]
        pairs = ((index, _read(store, paths[index], sizes[index], fingerprint)) for index in batch)
        return [(index, raw) for index, raw in pairs if raw is not None]

    # On a disk threads would only wait for each other.
    for batch in each(read, range(0, len(unread), _BATCH), THREADS if is_remote(store.uri) else 1):
        found.update((paths[index], raw) for index, raw in batch)
    return DoneShards(found)


def _sizes(store: Store, paths: Sequence[str]) -> tuple[array[int], array[int]]:
    """The sizes of those shards whose object and sidecar are there, and of the sidecars; -1 for the others."""
    numbers = {path: number for number, path in enumerate(paths)}
    sizes, marks = array("q", [-1]) * len(paths), array("q", [-1]) * len(paths)
    for folder in sorted({path.rpartition("/")[0] + "/" for path in paths}):  # media files are too many to list
        for info in store.list(folder):
            if (number := numbers.get(info.key)) is not None:
                sizes[number] = info.size
            elif (number := numbers.get(info.key.removesuffix(SIDECAR))) is not None:
                marks[number] = info.size
    for number, mark in enumerate(marks):
        if mark < 0:
            sizes[number] = -1
    return sizes, marks


def _read(store: Store, path: str, size: int, fingerprint: str) -> bytes | None:
    """The sidecar of a shard, or None when it is damaged, edited, gone, of another shard, size or plan."""
    from vtb.artifact.parsing import parse_sidecar  # msgspec: not for --help

    try:
        raw = store.get_bytes(path + SIDECAR, MAX_NOTE)
        text, _, rest = raw.rpartition(_CHECK)
        shard, made_for = parse_sidecar(raw)
        fits = (made_for, shard.path, shard.bytes) == (fingerprint, path, size) and rest.startswith(_hash(text))
        return raw if fits else None
    except (ObjectMissing, ObjectTooLarge, ValueError):
        return None


def _entry(raw: bytes) -> ShardEntry:
    from vtb.artifact.parsing import shard_of

    return shard_of(raw)


def _bytes(raw: bytes) -> int:
    from vtb.artifact.parsing import bytes_of

    return bytes_of(raw)


def _hash(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest()[:32].encode()
