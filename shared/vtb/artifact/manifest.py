"""The manifest: what an artifact holds, how it was made, and from what.

A manifest has two halves. Everything but ``run`` follows from the inputs and the configuration alone, and ``digest``
is its hash: two runs that should agree have the same digest. ``run`` says when, where and with which tools it was
made, and never enters a hash.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from vtb.errors import BadInput, in_words
from vtb.store import Store, is_remote, open_store

T = TypeVar("T")
MANIFEST = "manifest.json"
PLAN = "plan.json"
SCHEMA = "vtb-artifact/1"


@dataclass(frozen=True)
class FileEntry:
    """One object of an artifact, by its path below the artifact."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class ShardEntry:
    """One data shard: its object, its rows, the files that belong to it, and what it adds to the artifact's figures."""

    path: str
    rows: int
    bytes: int
    sha256: str
    split: str | None = None
    files: tuple[FileEntry, ...] = ()
    stats: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
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
    shards: tuple[ShardEntry, ...]
    files: tuple[FileEntry, ...]
    metrics: Mapping[str, Any]
    run: Mapping[str, Any]

    @property
    def rows(self) -> int:
        """Rows over all shards."""
        return sum(shard.rows for shard in self.shards)

    @property
    def splits(self) -> dict[str, int]:
        """Rows per split; empty where the artifact has none."""
        counts: dict[str, int] = {}
        for shard in self.shards:
            if shard.split is not None:
                counts[shard.split] = counts.get(shard.split, 0) + shard.rows
        return counts

    def all_files(self) -> list[FileEntry]:
        """Every object that the manifest vouches for."""
        shards = [FileEntry(shard.path, shard.bytes, shard.sha256) for shard in self.shards]
        return [*shards, *(file for shard in self.shards for file in shard.files), *self.files]

    def body(self) -> dict[str, Any]:
        """The half that follows from inputs and configuration alone."""
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
            "shards": [_shard_json(shard) for shard in self.shards],
            "files": [asdict(file) for file in self.files],
            "metrics": dict(self.metrics),
        }

    @property
    def digest(self) -> str:
        """Hash of the body without the places of the inputs, so that a copied artifact keeps its digest."""
        body = self.body()
        body["inputs"] = [entry.digest for entry in self.plan.inputs]
        return canonical_hash(body)

    def to_json(self) -> bytes:
        """The manifest as it is stored."""
        return json_bytes({**self.body(), "digest": self.digest, "run": dict(self.run)})


def _shard_json(shard: ShardEntry) -> dict[str, Any]:
    """A shard without its figures: those are summed up in the metrics."""
    entry = asdict(shard)
    del entry["stats"]
    return entry


def canonical_hash(value: object) -> str:
    """SHA-256 of a value as JSON with sorted keys and no spaces."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def json_bytes(value: object) -> bytes:
    """JSON for people to read, with the order of the keys kept."""
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def plan_json(plan: Plan) -> bytes:
    """The plan as it is stored before the first shard."""
    return json_bytes({**asdict(plan), "schema": SCHEMA, "config_hash": plan.fingerprint})


def parse_plan(data: Mapping[str, Any]) -> Plan:
    """A plan from its JSON, or from that of a manifest; ``TypeError`` or ``KeyError`` where it is none."""
    return Plan(
        kind=typed(data, "kind", str),
        stage=typed(data, "stage", str),
        stage_version=typed(data, "stage_version", int),
        config=typed(data, "config", dict),
        inputs=tuple(
            InputEntry(*(typed(entry, name, str) for name in ("uri", "kind", "digest")))
            for entry in typed(data, "inputs", list)
        ),
    )


def parse_shard(data: Mapping[str, Any]) -> ShardEntry:
    """A shard entry from a manifest or a sidecar."""
    if not (data["split"] is None or isinstance(data["split"], str)):
        raise TypeError("split is no name")
    files = tuple(parse_file(file) for file in data.get("files", ()))
    file = parse_file(data)
    rows = typed(data, "rows", int)
    if rows < 0:
        raise ValueError("a shard with fewer than no rows")
    stats = data.get("stats", {})
    if not isinstance(stats, dict):
        raise TypeError("stats is no object")
    return ShardEntry(file.path, rows, file.bytes, file.sha256, data["split"], files, stats)


def parse_file(data: Mapping[str, Any]) -> FileEntry:
    """A file entry; its path stays below the artifact."""
    path = typed(data, "path", str)
    path.encode()  # a lone surrogate is no name
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError(f"{path!r} leads out of the artifact")
    return FileEntry(path, typed(data, "bytes", int), typed(data, "sha256", str))


def typed(data: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """A field of a type; ``KeyError`` or ``TypeError`` otherwise."""
    value = data[name]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{name} is no {kind.__name__}")
    return value


def parse_manifest(raw: bytes, uri: str) -> Manifest:
    """A manifest from its bytes; anything else is bad input that names the place."""
    try:
        data = json.loads(raw)
        if data["schema"] != SCHEMA:
            raise BadInput(f"{uri}: {MANIFEST} has schema {data['schema']!r}, this version reads {SCHEMA!r}: upgrade")
        return Manifest(
            plan=parse_plan(data),
            shards=tuple(parse_shard(shard) for shard in typed(data, "shards", list)),
            files=tuple(parse_file(file) for file in typed(data, "files", list)),
            metrics=typed(data, "metrics", dict),
            run=typed(data, "run", dict),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        why = in_words(error)
        raise BadInput(f"{uri}: {MANIFEST} is damaged ({why}): make the artifact again with --overwrite") from error


def find_manifest(store: Store) -> Manifest | None:
    """The manifest of a complete artifact, or None."""
    if store.stat(MANIFEST) is None:
        return None
    return parse_manifest(store.get_bytes(MANIFEST), store.uri)


def read_manifest(uri: str, kinds: tuple[str, ...] = ()) -> Manifest:
    """The manifest at ``uri``; bad input when it is missing, unfinished or of another kind."""
    store = open_store(uri)
    manifest = find_manifest(store)
    if manifest is None:
        state = "is an unfinished artifact: run its stage again" if store.stat(PLAN) else "holds no artifact"
        nothing = not is_remote(uri) and not os.path.exists(store.uri)
        why = "there is no such folder" if nothing else f"no {MANIFEST} there"
        raise BadInput(f"{store.uri}: {state} ({why})")
    if kinds and manifest.plan.kind not in kinds:
        wanted = " or ".join(kinds)
        raise BadInput(f"{store.uri}: holds {manifest.plan.kind}, but this command reads {wanted}")
    return manifest
