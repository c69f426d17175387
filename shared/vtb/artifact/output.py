"""Writing an artifact: begin, add shards, commit. The manifest is written last, so its existence means complete.

Layout below the artifact's prefix::

    plan.json                  what is being made; written first, pins the configuration
    shards/00000.tar           data, named after the shard's index
    shards/00000.tar.done.json the shard's sidecar: rows, bytes, sha256; marks it done
    README.md, ...             files about the whole
    manifest.json              written last
"""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path
from typing import Any

from vtb.artifact.clearing import clear, clearing_was_broken_off
from vtb.artifact.fence import check_plan, check_sizes, difference, fenced, stored_plan
from vtb.artifact.manifest import (
    MANIFEST,
    PLAN,
    FileEntry,
    Manifest,
    Plan,
    ShardEntry,
    plan_json,
)
from vtb.artifact.provenance import run_info
from vtb.artifact.reading import find_manifest
from vtb.artifact.sidecar import SIDECAR, DoneShards, ShardList, done_shards, write_sidecar
from vtb.errors import BadInput, TryAgain
from vtb.regular_file import open_regular
from vtb.store import Store, open_store
from vtb.store.files import os_errors

log = logging.getLogger("vtb.artifact")
SWEEP_AGE_S = 600.0  # without locks: a second process may be writing the same artifact; its files are younger
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
        self.seen: DoneShards | None = None  # what the last look at the shards found
        self.added = 0  # shards that this process has marked as done

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
        if overwrite or clearing_was_broken_off(self.store):
            overwrite = True
            self.clear()
        # What is left then is not of the artifact and may stay.
        state = State.FRESH if overwrite else self.state()
        if state is State.COMPLETE:
            check_sizes(self.store)
        if state is State.FRESH:
            self.store.put_bytes(PLAN, plan_json(self.plan))
            self.check_plan()  # of two that begin at once, the first to write gives way
        if alone and state is State.UNFINISHED:
            self.store.sweep(SWEEP_AGE_S)
        return state

    def holds_artifact(self) -> bool:
        """Whether there is an artifact here that could be cleared; a place with other files is refused."""
        if self.store.stat(MANIFEST) is None and self.store.stat(PLAN) is None:
            self._refuse_foreign_files()
            return False
        return True

    def clear(self) -> None:
        """Remove the artifact that lies here."""
        if self.holds_artifact():
            clear(self.store)

    def withdraw(self, *, shards_too: bool = False) -> None:
        """Take back what a refused run has begun, so that another may begin here; shards that are done stay.

        Args:
            shards_too: nothing of this configuration is worth keeping.
        """
        plan = stored_plan(self.store)
        if plan is None or plan.fingerprint != self.plan.fingerprint or self.store.stat(MANIFEST) is not None:
            return  # it is another's by now
        if shards_too or not any(info.key.endswith(SIDECAR) for info in self.store.list()):
            clear(self.store)

    def check_plan(self) -> None:
        """Stop when another process has begun something else here meanwhile, before anything of it is overwritten."""
        check_plan(self.store, self.plan)

    def add_shard(self, shard: ShardEntry) -> ShardEntry:
        """Mark a shard, whose object and files are already in the store, as done."""
        write_sidecar(self.store, shard, self.plan.fingerprint)
        self.added += 1
        return shard

    def put(self, path: str, data: bytes) -> FileEntry:
        """Store one object and say what it is."""
        entry = FileEntry(path, len(data), hashlib.sha256(data).hexdigest())
        with fenced(self.store, self.plan, entry):
            self.store.put_bytes(path, data)
        return entry

    def put_file(self, path: str, file: Path) -> FileEntry:
        """Store one file and say what it is."""
        entry = FileEntry(path, file.stat().st_size, file_sha256(file))
        with fenced(self.store, self.plan, entry):
            self.store.put_file(path, file)
        return entry

    def put_folder(self, folder: Path) -> list[FileEntry]:
        """Store every file below a folder under its path there, in the order of these."""
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        return [self.put_file(path.relative_to(folder).as_posix(), path) for path in paths]

    def done(self, paths: Sequence[str]) -> DoneShards:
        """Those of the shards that need no more work; what an earlier look has read is not read again."""
        self.seen = done_shards(self.store, paths, self.plan.fingerprint, self.seen)
        return self.seen

    def read_shards(self, paths: Sequence[str]) -> ShardList:
        """The entries of all shards, in their order.

        Raises:
            TryAgain: some are not there (any more).
        """
        done = self.done(paths)
        missing = next((path for path in paths if path not in done), None)
        if missing:
            raise TryAgain(f"{self.uri}: {missing} was done and is not any more: run the same command again")
        return done.in_order(paths)

    def commit(
        self,
        shards: Sequence[ShardEntry],
        files: Iterable[FileEntry] = (),
        metrics: Mapping[str, Any] | None = None,
        run: Mapping[str, Any] | None = None,
    ) -> Manifest:
        """Write the manifest; from here on the artifact is complete. Doing it twice is harmless.

        What is given as ``run`` joins the half of the manifest that says when and where, and enters no hash.
        """
        ordered = tuple(sorted(files, key=lambda file: file.path))
        # JSON has no infinities and no NaN, so they become words
        plain = json.loads(json.dumps(metrics or {}), parse_constant=str)
        manifest = Manifest(self.plan, shards, ordered, plain, {**run_info(self.started), **(run or {})})
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, MANIFEST)
            with path.open("wb") as file:
                file.writelines(manifest.pieces())
            self.check_plan()
            self.store.sweep(SWEEP_AGE_S)
            self.store.put_file(MANIFEST, path)
        return manifest

    def _stored_plan(self) -> Plan | None:
        return stored_plan(self.store)

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


def file_sha256(path: Path) -> str:
    """SHA-256 of a file of any size."""
    digest = hashlib.sha256()
    with os_errors(path), open_regular(path) as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
