"""The manifest: what an artifact holds, how it was made, and from what.

A manifest has two halves. Everything but ``run`` follows from the inputs and the configuration alone, and ``digest``
is its hash: two runs that should agree have the same digest. ``run`` says when, where and with which tools it was
made, and never enters a hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from vtb.errors import BadInput
from vtb.store import Store, open_store

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
    """A plan from its JSON, or from that of a manifest."""
    return Plan(
        kind=data["kind"],
        stage=data["stage"],
        stage_version=data["stage_version"],
        config=data["config"],
        inputs=tuple(InputEntry(**entry) for entry in data["inputs"]),
    )


def parse_shard(data: Mapping[str, Any]) -> ShardEntry:
    """A shard entry from a manifest or a sidecar."""
    fields = {key: data[key] for key in ("path", "rows", "bytes", "sha256", "split")}
    files = tuple(FileEntry(**file) for file in data.get("files", ()))
    return ShardEntry(**fields, files=files, stats=data.get("stats", {}))


def parse_manifest(raw: bytes, uri: str) -> Manifest:
    """A manifest from its bytes; anything else is bad input that names the place."""
    try:
        data = json.loads(raw)
        if data["schema"] != SCHEMA:
            raise BadInput(f"{uri}: {MANIFEST} has schema {data['schema']!r}, this version reads {SCHEMA!r}: upgrade")
        return Manifest(
            plan=parse_plan(data),
            shards=tuple(parse_shard(shard) for shard in data["shards"]),
            files=tuple(FileEntry(**file) for file in data["files"]),
            metrics=data["metrics"],
            run=data["run"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{uri}: {MANIFEST} is damaged ({error!r}): make the artifact again with --overwrite") from error


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
        raise BadInput(f"{store.uri}: {state} (no {MANIFEST} there)")
    if kinds and manifest.plan.kind not in kinds:
        wanted = " or ".join(kinds)
        raise BadInput(f"{store.uri}: holds {manifest.plan.kind}, but this command reads {wanted}")
    return manifest
