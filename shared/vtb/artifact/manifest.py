"""The manifest: what an artifact holds, how it was made, and from what.

A manifest has two halves. Everything but ``run`` follows from the inputs and the configuration alone, and ``digest``
is its hash: two runs that should agree have the same digest. ``run`` says when, where and with which tools it was
made, and never enters a hash.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

MANIFEST = "manifest.json"
PLAN = "plan.json"
SCHEMA = "vtb-artifact/1"
MAX_MANIFEST = 1 << 30  # bytes; a million shards take a quarter of it
MAX_NOTE = 1 << 28  # bytes of a plan or a sidecar
_SHARDS_HERE = secrets.token_hex(16)  # a text that no configuration holds


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One object of an artifact, by its path below the artifact."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ShardEntry:
    """One data shard: its object, its rows, the files that belong to it, and what it adds to the artifact's figures."""

    path: str
    rows: int
    bytes: int
    sha256: str
    split: str | None = None
    files: tuple[FileEntry, ...] = ()
    stats: Mapping[str, Any] = field(default_factory=dict)

    @property
    def all_bytes(self) -> int:
        """Of its object and its files."""
        return self.bytes + sum(file.bytes for file in self.files)


@dataclass(frozen=True, slots=True)
class InputEntry:
    """One input, where it was read and which content it had."""

    uri: str
    kind: str
    digest: str


@dataclass(frozen=True)
class Plan:
    """What a run sets out to make; its fingerprint decides whether a rerun continues or contradicts it."""

    kind: str
    stage: str
    stage_version: int
    config: Mapping[str, Any]
    inputs: tuple[InputEntry, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Hash of stage, version, configuration and the contents of the inputs (not of where they lie)."""
        return canonical_hash(
            {
                "kind": self.kind,
                "stage": self.stage,
                "stage_version": self.stage_version,
                "config": dict(self.config),
                "inputs": [entry.digest for entry in self.inputs],
            }
        )


@dataclass(frozen=True)
class Manifest:
    """A complete artifact."""

    plan: Plan
    shards: Sequence[ShardEntry]
    files: tuple[FileEntry, ...]
    metrics: Mapping[str, Any]
    run: Mapping[str, Any]

    @property
    def rows(self) -> int:
        """Rows over all shards."""
        return self._counts[0]

    @property
    def splits(self) -> dict[str, int]:
        """Rows per split; empty where the artifact has none."""
        return dict(self._counts[1])

    @cached_property
    def _counts(self) -> tuple[int, dict[str, int]]:
        """Rows, and rows per split: one walk over what may be a million shards."""
        rows, splits = 0, dict[str, int]()
        for shard in self.shards:
            rows += shard.rows
            if shard.split is not None:
                splits[shard.split] = splits.get(shard.split, 0) + shard.rows
        return rows, splits

    def all_files(self) -> Iterator[FileEntry]:
        """Every object that the manifest vouches for, one after the other: there may be millions."""
        yield from (FileEntry(shard.path, shard.bytes, shard.sha256) for shard in self.shards)
        yield from (file for shard in self.shards for file in shard.files)
        yield from self.files

    def body(self) -> dict[str, Any]:
        """The half that follows from inputs and configuration alone."""
        return {**self._around(), "shards": [_shard_json(shard) for shard in self.shards]}

    def _around(self) -> dict[str, Any]:
        """The body without its shards, in the order of the file."""
        return {
            "schema": SCHEMA,
            "kind": self.plan.kind,
            "stage": self.plan.stage,
            "stage_version": self.plan.stage_version,
            "config": dict(self.plan.config),
            "config_hash": self.plan.fingerprint,
            "inputs": [asdict(entry) for entry in self.plan.inputs],
            "rows": self.rows,
            "splits": self.splits,
            "shards": _SHARDS_HERE,
            "files": [asdict(file) for file in self.files],
            "metrics": dict(self.metrics),
        }

    @cached_property
    def digest(self) -> str:
        """Hash of the body without the places of the inputs, so that a copied artifact keeps its digest."""
        body = {**self._around(), "inputs": [entry.digest for entry in self.plan.inputs]}
        digest = hashlib.sha256()
        for piece in _insert_shards(canonical_json(body), (canonical_json(_shard_json(s)) for s in self.shards)):
            digest.update(piece.encode())
        return digest.hexdigest()

    def pieces(self) -> Iterator[bytes]:
        """The manifest as it is stored, piece by piece: a million shards need not be in memory as text."""
        text = json_bytes({**self._around(), "digest": self.digest, "run": dict(self.run)}).decode()
        shards = (f"\n  {_shard_text(shard)}" for shard in self.shards)
        for piece in _insert_shards(text, shards, "\n "):
            yield piece.encode()

    def to_json(self) -> bytes:
        """The manifest as it is stored."""
        return b"".join(self.pieces())


def _insert_shards(text: str, shards: Iterable[str], end: str = "") -> Iterator[str]:
    """The JSON of a body that has a placeholder for its shards, with the shards in it."""
    head, tail = text.split(f'"{_SHARDS_HERE}"')
    yield head + "["
    comma = ""
    for shard in shards:
        yield comma + shard
        comma = ","
    yield (end if comma else "") + "]" + tail


def _shard_json(shard: ShardEntry) -> dict[str, Any]:
    """A shard without its figures: those are summed up in the metrics."""
    return {
        "path": shard.path, "rows": shard.rows, "bytes": shard.bytes, "sha256": shard.sha256, "split": shard.split,
        "files": [asdict(file) for file in shard.files],
    }  # fmt: skip


def _shard_text(shard: ShardEntry) -> str:
    """A shard as an indented entry of the manifest."""
    entry = _shard_json(shard)
    if shard.files:
        return json.dumps(entry, indent=1, ensure_ascii=False).replace("\n", "\n  ")
    # The same text; without ``indent`` the encoder is ten times as fast.
    return "{\n   " + _LINES.encode(entry)[1:-1] + "\n  }"


# Made once: for small values, making the encoder costs as much as the text.
_LINES = json.JSONEncoder(ensure_ascii=False, separators=(",\n   ", ": "))
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical_json(value: object) -> str:
    """JSON with sorted keys and no spaces."""
    return _CANONICAL.encode(value)


def canonical_hash(value: object) -> str:
    """SHA-256 of a value as canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def json_bytes(value: object) -> bytes:
    """JSON for people to read, with the order of the keys kept."""
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def plan_json(plan: Plan) -> bytes:
    """The plan as it is stored before the first shard."""
    return json_bytes({**asdict(plan), "schema": SCHEMA, "config_hash": plan.fingerprint})
