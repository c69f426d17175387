"""Checkpoints in the store while training goes on, and back from it after an interruption.

Below the artifact: ``checkpoints/checkpoint-N/...`` with the marker ``.complete`` written last, and copies of the
training log under ``checkpoints/side/``. All of it is removed when the artifact is complete.
"""

from __future__ import annotations

import logging
import re
import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from vtb.engine.complete import COMPLETE, complete_checkpoints, newest_complete_checkpoint
from vtb.engine.launch import completions_file, strips_folder, train_log
from vtb.errors import VtbError
from vtb.store import Store, download

log = logging.getLogger("vtb.train")
PREFIX = "checkpoints/"
SIDE = PREFIX + "side/"
_MARKER = re.compile(rf"^{PREFIX}(checkpoint-(\d+))/{re.escape(COMPLETE)}$")


class CheckpointPusher:
    """Uploads whole checkpoints in the background, the newest first, and keeps the newest alone in the store."""

    def __init__(self, store: Store, output_dir: Path) -> None:
        """Nothing runs before the first ``poll``."""
        self._store, self._output_dir = store, output_dir
        self._pool = ThreadPoolExecutor(1, "checkpoints")
        self._pending: Future[None] | None = None
        self._pushed: str | None = None
        self._strips = set[Path]()  # that are in the store; they never change

    def poll(self) -> None:
        """Start an upload when there is a new checkpoint and none is under way."""
        newest = newest_complete_checkpoint(self._output_dir)
        busy = self._pending is not None and not self._pending.done()
        if newest is not None and newest.name != self._pushed and not busy:
            self._settle()
            self._pushed = newest.name
            self._pending = self._pool.submit(self._push, newest)

    def close(self) -> None:
        """Wait for the upload under way; a failure is a warning, since the next checkpoint may do better."""
        self._pool.shutdown(wait=True)
        self._settle()

    def push_newest(self) -> str | None:
        """Upload the newest checkpoint now, and say its name; errors are raised."""
        self.close()
        newest = newest_complete_checkpoint(self._output_dir)
        if newest is not None and newest.name not in stored_checkpoints(self._store):
            self._push(newest)
        return newest.name if newest is not None else None

    def _settle(self) -> None:
        error = self._pending.exception() if self._pending is not None and self._pending.done() else None
        if error is not None:
            self._pushed = None
            log.warning("a checkpoint did not reach the store: %s", error)

    def _push(self, checkpoint: Path) -> None:
        older = stored_checkpoints(self._store)
        self._push_side()
        prefix = f"{PREFIX}{checkpoint.name}"
        try:
            files = sorted(path for path in checkpoint.rglob("*") if path.is_file() and path.name != COMPLETE)
            for path in files:
                self._store.put_file(f"{prefix}/{path.relative_to(checkpoint).as_posix()}", path)
            if checkpoint not in complete_checkpoints(self._output_dir):
                raise FileNotFoundError(checkpoint)
            self._store.put_file(f"{prefix}/{COMPLETE}", checkpoint / COMPLETE)
        except FileNotFoundError:
            log.info("%s was replaced by a newer one before it was uploaded", checkpoint.name)
            return
        log.info("%s is in the store", checkpoint.name)
        for name in older:
            if name != checkpoint.name:
                remove_checkpoint(self._store, name)

    def _push_side(self) -> None:
        """What is added to while training goes on, so that curves have no gap after a restart, nor pictures."""
        for path in (train_log(self._output_dir), completions_file(self._output_dir)):
            if path.exists():
                self._store.put_bytes(SIDE + path.name, path.read_bytes())
        for path in sorted(set(strips_folder(self._output_dir).glob("*")) - self._strips):
            self._store.put_file(f"{SIDE}{path.parent.name}/{path.name}", path)
            self._strips.add(path)


def stored_checkpoints(store: Store) -> list[str]:
    """The names of the whole checkpoints in the store, oldest first."""
    matches = [_MARKER.match(info.key) for info in store.list(PREFIX)]
    return sorted((match[1] for match in matches if match), key=lambda name: int(name.rpartition("-")[2]))


def fetch_newest(store: Store, output_dir: Path) -> Path | None:
    """Bring the newest checkpoint and the log back; None where there is none."""
    names = stored_checkpoints(store)
    if not names:
        return None
    wanted = (f"{PREFIX}{names[-1]}/", SIDE)
    keys = [info.key for info in store.list(PREFIX) if info.key.startswith(wanted)]
    staging = output_dir / ".fetched"
    download(store, keys, staging)
    for path in [staging / PREFIX / names[-1], *(staging / SIDE).glob("*")]:
        shutil.move(path, output_dir / path.name)
    shutil.rmtree(staging)
    return output_dir / names[-1]


def remove_checkpoint(store: Store, name: str) -> None:
    """Remove one checkpoint, its marker first."""
    prefix = f"{PREFIX}{name}/"
    store.delete([prefix + COMPLETE])
    store.delete([info.key for info in store.list(prefix)])


def remove_all(store: Store) -> None:
    """Remove everything that was kept for a restart; called when the artifact is complete."""
    try:
        for name in stored_checkpoints(store):
            remove_checkpoint(store, name)
        store.delete([info.key for info in store.list(PREFIX)])
    except VtbError as error:
        log.warning("checkpoints are left behind in the store: %s", error)
