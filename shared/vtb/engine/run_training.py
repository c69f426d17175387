"""One training, whatever the engine: locked, continued, watched, and its artifact committed."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from vtb.artifact import Manifest, Plan
from vtb.artifact.local import cache_folder
from vtb.artifact.output import Output
from vtb.engine.checkpoints import fetch_newest, remove_all, stored_checkpoints
from vtb.engine.hardware import is_main_node, node_suffix
from vtb.engine.lock import OutputLock
from vtb.engine.train import EngineRun, already_done, train
from vtb.engine.work_folder import work_folder
from vtb.errors import BadInput, NotAvailable, UsageProblem
from vtb.stage.run import Run
from vtb.store import open_store

log = logging.getLogger("vtb.train")


@dataclass(frozen=True)
class Training:
    """One training that is about to start.

    Attributes:
        engine: what runs it.
        collect: writes the artifact from how it ended.
    """

    engine: EngineRun
    collect: Callable[[Output, dict[str, Any], OutputLock], Manifest]


def run_training(run: Run, plan: Plan, folder: Path, start: Callable[[Path | None], Training]) -> None:
    """Train and write the artifact, unless that has been done by now.

    Args:
        run: this call of the stage.
        plan: what it makes.
        folder: where the engine works (``work_place``).
        start: from the checkpoint to go on from to the training; may put files into the folder.
    """
    store = open_store(run.output_uri)
    lock_file = cache_folder() / "runs" / f"{place_of(store.uri)}{node_suffix()}.lock"
    with OutputLock(store, lock_file, main=is_main_node(), clears=run.overwrite) as lock:
        _train(run, plan, folder, start, lock)


def _train(run: Run, plan: Plan, folder: Path, start: Callable[[Path | None], Training], lock: OutputLock) -> None:
    # With --overwrite the main node clears the output and starts anew, at a moment that the others do not know.
    joins = run.overwrite and not is_main_node()
    output = run.output_of(plan) if joins else run.begin(plan)
    if output is None:
        return
    with work_folder(folder, partial(bring_checkpoint, output, folder, anew=joins)) as name:
        checkpoint = folder / name if name else None
        training = start(checkpoint)
        try:
            outcome = already_done(checkpoint) or train(training.engine, output, lock)
        except (BadInput, NotAvailable, UsageProblem):
            lock.check()
            forget_without_checkpoint(output)
            raise
        if is_main_node():
            manifest = training.collect(output, outcome, lock)
            remove_all(output.store)
            run.say_done(output, manifest)


def work_place(run: Run, plan: Plan) -> Path:
    """Where the engine works: the same training into two outputs at once must not share a folder."""
    return cache_folder() / "runs" / f"{plan.fingerprint[:16]}-{place_of(open_store(run.output_uri).uri)}"


def place_of(uri: str) -> str:
    """A short name for an output."""
    return hashlib.sha256(uri.encode()).hexdigest()[:16]


def bring_checkpoint(output: Output, folder: Path, *, anew: bool) -> str:
    """The newest checkpoint from the store into the work folder; its name, or nothing where there is none to use."""
    resume = None if anew else fetch_newest(output.store, folder)
    if resume is None:
        return ""
    log.info("continuing from %s", resume.name)
    return resume.name


def forget_without_checkpoint(output: Output) -> None:
    """A run that failed before its first checkpoint leaves nothing, so that it can be repeated with other options."""
    if is_main_node() and not stored_checkpoints(output.store):
        output.clear()
