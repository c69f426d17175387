"""Reading manifests, plans and sidecars into typed objects: this is where damage is found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from vtb.artifact.manifest import MANIFEST, SCHEMA, FileEntry, InputEntry, Manifest, Plan, ShardEntry
from vtb.errors import BadInput
from vtb.store.base import check_key

T = TypeVar("T")
_DEEPEST = 50  # whatever prints or compares nested values calls itself
_MOST = 1 << 53  # larger numbers of bytes or rows are none, and no float
_LEADS_OUT = re.compile(r"(?s)\A(/|\.\.(/|\Z)|.*/\.\.(/|\Z)|\Z)")


class _PlanFile(msgspec.Struct):
    kind: str
    stage: str
    stage_version: int
    config: dict[str, Any]
    inputs: tuple[InputEntry, ...]

    def plan(self) -> Plan:
        _check_depth(self.config)
        return Plan(self.kind, self.stage, self.stage_version, self.config, self.inputs)


class _ManifestFile(_PlanFile):
    shards: tuple[ShardEntry, ...]
    files: tuple[FileEntry, ...]
    metrics: dict[str, Any]
    run: dict[str, Any]
    digest: str = ""


class _Schema(msgspec.Struct):
    schema: str


class Said(msgspec.Struct):
    """What a manifest says of itself, beside what follows from its content."""

    digest: str = ""
    config_hash: str = ""
    rows: int = -1
    splits: dict[str, int] = {}


class _Size(msgspec.Struct):
    bytes: int


class _Sidecar(msgspec.Struct):
    path: str
    rows: int
    bytes: int
    sha256: str
    fingerprint: str
    split: str | None
    files: tuple[FileEntry, ...] = ()
    stats: dict[str, Any] = {}

    def shard(self) -> ShardEntry:
        return ShardEntry(self.path, self.rows, self.bytes, self.sha256, self.split, self.files, self.stats)


def parse_manifest(raw: bytes, uri: str, *, edited: bool = False) -> Manifest:
    """A manifest from its bytes; anything else is bad input that names the place.

    One that was edited is damaged, too, except for those who only look at it and say that it is.
    """
    try:
        schema = decode(raw, _Schema).schema
        if schema != SCHEMA:
            raise BadInput(f"{uri}: {MANIFEST} has schema {schema!r}, this version reads {SCHEMA!r}: upgrade")
        found = decode(raw, _ManifestFile)
        _check_shards(found.shards)
        _check_files(found.files)
        _check_depth([found.metrics, found.run])
        decode(msgspec.json.encode(found.run.get("tools", {})), dict[str, str])
        manifest = Manifest(found.plan(), found.shards, found.files, found.metrics, found.run)
        if not edited and manifest.digest != found.digest:
            raise ValueError("its digest is not that of its content, which was edited")
        return manifest
    except ValueError as error:
        why = " ".join(str(error).split())[:200]
        raise BadInput(f"{uri}: {MANIFEST} is damaged ({why}): make the artifact again with --overwrite") from error


def parse_said(raw: bytes) -> Said:
    """What a manifest that can be read says of itself; ``ValueError`` where it says something odd."""
    return decode(raw, Said)


def parse_plan(raw: bytes) -> Plan:
    """A plan from its bytes; ``ValueError`` where it is none."""
    return decode(raw, _PlanFile).plan()


def parse_sidecar(raw: bytes) -> tuple[ShardEntry, str]:
    """A shard and the fingerprint of its plan from a sidecar; ``ValueError`` where it is none."""
    found = decode(raw, _Sidecar)
    shard = found.shard()
    _check_shards((shard,))
    _check_depth(found.stats)
    return shard, found.fingerprint


def shard_of(raw: bytes) -> ShardEntry:
    """The shard of a sidecar that has been parsed before."""
    return decode(raw, ShardEntry)


def bytes_of(raw: bytes) -> int:
    """The size of that shard alone, which is a fraction of the work."""
    return decode(raw, _Size).bytes


def decode(raw: bytes, kind: type[T]) -> T:
    """JSON as an object of a type; ``ValueError`` where it is none."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from error


def _check_shards(shards: Sequence[ShardEntry]) -> None:
    for shard in shards:
        if not 0 <= shard.rows <= _MOST:
            raise ValueError("a shard with a number of rows that cannot be")
        _check_file(shard)
        _check_files(shard.files)


def _check_files(files: Iterable[FileEntry]) -> None:
    for file in files:
        _check_file(file)


def _check_file(file: FileEntry | ShardEntry) -> None:
    if _LEADS_OUT.match(file.path):
        raise ValueError(f"{file.path!r} leads out of the artifact")
    try:
        check_key(file.path)
    except BadInput as error:
        raise ValueError(str(error)) from error
    if not 0 <= file.bytes <= _MOST:
        raise ValueError(f"{file.path!r} has a size that cannot be")


def _check_depth(value: Any, depth: int = 0) -> None:
    if depth > _DEEPEST:
        raise ValueError(f"values are nested more than {_DEEPEST} deep")
    if isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            _check_depth(inner, depth + 1)
