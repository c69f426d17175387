"""Writing an artifact: begin, add shards, commit. The manifest is written last, so its existence means complete.

Layout below the artifact's prefix::

    plan.json                  what is being made; written first, pins the configuration
    shards/00000.tar           data, named after the shard's index
    shards/00000.tar.done.json the shard's sidecar: rows, bytes, sha256; marks it done
    README.md, ...             files about the whole
    manifest.json              written last
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path
from typing import Any

from vtb.artifact.manifest import (
    MANIFEST,
    PLAN,
    FileEntry,
    Manifest,
    Plan,
    ShardEntry,
    find_manifest,
    json_bytes,
    parse_plan,
    parse_shard,
    plan_json,
)
from vtb.artifact.provenance import run_info
from vtb.errors import BadInput
from vtb.store import Store, open_store

log = logging.getLogger("vtb.artifact")
SIDECAR = ".done.json"
SWEEP_AGE_S = 600.0  # a second process may be writing the same artifact; its files are younger
# A volume's own folder, and hidden files, do not make a place "not empty".
IGNORED = ("lost+found", ".")


class State(Enum):
    """What lies at an output before a run."""

    FRESH = "fresh"
    UNFINISHED = "unfinished"
    COMPLETE = "complete"


class Output:
    """One artifact being written by one or several processes."""

    def __init__(self, uri: str, plan: Plan) -> None:
        """Nothing is read or written until ``begin``."""
        self.store: Store = open_store(uri)
        self.plan = plan
        self.started = datetime.now(timezone.utc)

    @property
    def uri(self) -> str:
        """The artifact's place."""
        return self.store.uri

    def state(self) -> State:
        """What lies here; bad input when it is something else than this run would make."""
        manifest = find_manifest(self.store)
        if manifest is not None:
            self._refuse_other(manifest.plan, "holds a finished artifact")
            return State.COMPLETE
        plan = self._stored_plan()
        if plan is not None:
            self._refuse_other(plan, "holds an unfinished artifact")
            return State.UNFINISHED
        self._refuse_foreign_files()
        return State.FRESH

    def begin(self, *, overwrite: bool = False, alone: bool = True) -> State:
        """Pin the configuration here, or find that the work is done.

        Args:
            overwrite: remove whatever artifact lies here first.
            alone: no other process works on this output, so leftovers of killed runs may be swept.
        """
        if overwrite:
            self.clear()
        # What is left then is not of the artifact and may stay.
        state = State.FRESH if overwrite else self.state()
        if state is State.FRESH:
            self.store.put_bytes(PLAN, plan_json(self.plan))
        if alone and state is State.UNFINISHED:
            self.store.sweep(SWEEP_AGE_S)
        return state

    def clear(self) -> None:
        """Remove the artifact that lies here: the manifest first, so that nobody takes the rest for complete."""
        manifest = find_manifest(self.store)
        if manifest is None and self._stored_plan() is None:
            self._refuse_foreign_files()
            return
        listed = [file.path for file in manifest.all_files()] if manifest else self._files_of_done_shards()
        self.store.delete([MANIFEST])
        found = [info.key for info in self.store.list() if _is_payload(info.key)]
        self.store.delete(sorted({*listed, *found}))
        self.store.delete([PLAN])

    def add_shard(self, shard: ShardEntry) -> ShardEntry:
        """Mark a shard, whose object and files are already in the store, as done."""
        self.store.put_bytes(shard.path + SIDECAR, json_bytes(asdict(shard)))
        return shard

    def put(self, path: str, data: bytes) -> FileEntry:
        """Store one object and say what it is."""
        self.store.put_bytes(path, data)
        return FileEntry(path, len(data), hashlib.sha256(data).hexdigest())

    def put_file(self, path: str, file: Path) -> FileEntry:
        """Store one file and say what it is."""
        entry = FileEntry(path, file.stat().st_size, file_sha256(file))
        self.store.put_file(path, file)
        return entry

    def done(self, paths: Iterable[str]) -> set[str]:
        """Those of the shards that need no more work: object and sidecar are both there."""
        wanted = list(paths)
        folders = sorted({path.rpartition("/")[0] + "/" for path in wanted})  # media files are too many to list
        present = {info.key for folder in folders for info in self.store.list(folder)}
        return {path for path in wanted if path in present and path + SIDECAR in present}

    def read_shards(self, paths: Sequence[str]) -> list[ShardEntry]:
        """The sidecars of the shards, in their order."""
        return [self._read_sidecar(path + SIDECAR) for path in paths]

    def _read_sidecar(self, key: str) -> ShardEntry:
        try:
            return parse_shard(json.loads(self.store.get_bytes(key)))
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{self.uri}: {key} is damaged: remove it and run the same command again") from error

    def commit(
        self, shards: Sequence[ShardEntry], files: Iterable[FileEntry] = (), metrics: Mapping[str, Any] | None = None
    ) -> Manifest:
        """Write the manifest; from here on the artifact is complete. Doing it twice is harmless."""
        ordered = tuple(sorted(files, key=lambda file: file.path))
        manifest = Manifest(self.plan, tuple(shards), ordered, metrics or {}, run_info(self.started))
        self.store.put_bytes(MANIFEST, manifest.to_json())
        return manifest

    def _files_of_done_shards(self) -> list[str]:
        """The files beside the shards of an unfinished artifact, which no manifest lists yet."""
        files: list[str] = []
        for info in self.store.list("shards/"):
            if info.key.endswith(SIDECAR):
                with contextlib.suppress(BadInput):
                    files += [file.path for file in self._read_sidecar(info.key).files]
        return files

    def _stored_plan(self) -> Plan | None:
        if self.store.stat(PLAN) is None:
            return None
        try:
            return parse_plan(json.loads(self.store.get_bytes(PLAN)))
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{self.uri}: {PLAN} is damaged: remove this folder or choose another --output") from error

    def _refuse_other(self, found: Plan, what: str) -> None:
        if found.fingerprint != self.plan.fingerprint:
            raise BadInput(
                f"{self.uri}: {what} made differently ({difference(found, self.plan)}): "
                "choose another --output, or give --overwrite to replace it"
            )

    def _refuse_foreign_files(self) -> None:
        """A place that holds files but no artifact is somebody's folder, and a README.md there would be lost."""
        for info in self.store.list():
            if info.key.startswith(IGNORED):
                continue
            if self.store.stat(PLAN) is not None:  # a sibling of the same job began just now
                return
            raise BadInput(f"{self.uri}: is not empty and holds no artifact ({info.key}): choose an empty --output")


def _is_payload(key: str) -> bool:
    """Whether an object belongs to an artifact by its name alone, listed in a manifest or not."""
    return key.endswith(SIDECAR) or key.startswith(("shards/", "verdicts/", "quarantine/", "checkpoints/", "media/"))


def difference(found: Plan, wanted: Plan) -> str:
    """What differs between two plans, for one line of an error."""
    if (found.stage, found.kind) != (wanted.stage, wanted.kind):
        return f"{found.kind} by {found.stage}, not {wanted.kind} by {wanted.stage}"
    parts = [
        f"{name.replace('_', '-')}: there {found.config.get(name)!r}, here {wanted.config.get(name)!r}"
        for name in sorted({*found.config, *wanted.config})
        if found.config.get(name) != wanted.config.get(name)
    ]
    if found.stage_version != wanted.stage_version:
        parts.append(f"stage version: there {found.stage_version}, here {wanted.stage_version}")
    if [entry.digest for entry in found.inputs] != [entry.digest for entry in wanted.inputs]:
        parts.append("the content of its inputs")
    return "; ".join(parts)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file of any size."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
