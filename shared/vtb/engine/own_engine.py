"""A training process of our own: how it starts, how many updates it makes, and what its last lines mean."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from msgspec import structs

from vtb.artifact import Manifest
from vtb.artifact.output import Output
from vtb.engine.hardware import Device, default_processes
from vtb.engine.launch import engine_environment, launcher
from vtb.engine.lock import OutputLock
from vtb.engine.run_training import Training
from vtb.engine.train import EngineRun
from vtb.engine.training_job import J, write_job
from vtb.errors import BadInput, NotAvailable, VtbError

REFUSED = "RefusedError:"  # begins the last line of a process that met an input which it cannot use
Collect = Callable[[Output, dict[str, Any], OutputLock], Manifest]


def own_training(
    job: J, module: str, nproc: int, smaller: str, collect: Callable[[J], Collect], checkpoint: Path | None
) -> Training:
    """The training that goes on from a checkpoint, or begins.

    Args:
        job: what to do; written beside what the process writes.
        module: what ``python -m`` runs.
        nproc: processes on this machine.
        smaller: options by which it needs less memory, for messages.
        collect: from the job to what writes the artifact.
        checkpoint: to go on from.
    """
    file = job.output_dir.resolve() / "job.json"
    write_job(structs.replace(job, resume_from=checkpoint), file)
    env = engine_environment(module, os.environ, job.output_dir, job.device)
    if job.device == "cpu":  # the order in which several threads add up differs between machines
        env.setdefault("OMP_NUM_THREADS", "1")
    engine = EngineRun(
        engine="the trainer", command=[*launcher(module, nproc, env), str(file)], env=env, cwd=job.dataset,
        output_dir=job.output_dir, smaller=smaller, explain=explain,
    )  # fmt: skip
    return Training(engine, collect(job))


def rows_to_train_on(uri: str, manifest: Manifest) -> int:
    """Rows of the train split, as prepare has counted them.

    Raises:
        BadInput: there are none.
    """
    rows = (manifest.metrics.get("rows") or {}).get("train")
    if not isinstance(rows, int) or rows < 1:
        raise BadInput(f"{uri}: has no rows to train on")
    return rows


def processes(nproc: int | None, where: Device) -> int:
    """Those of this machine."""
    return nproc or default_processes(where)


def updates(epochs: float, max_steps: int | None, rows: int, per_process: int, nproc: int) -> int:
    """Updates of a training.

    Args:
        epochs: passes over the rows.
        max_steps: instead, where it is said.
        rows: to learn from.
        per_process: rows of one update in one process.
        nproc: processes on each machine.
    """
    if max_steps is not None:
        return max_steps
    return max(1, math.ceil(epochs * rows / (per_process * everywhere(nproc))))


def everywhere(nproc: int) -> int:
    """Processes on all machines, from those on each."""
    return nproc * int((os.environ.get("PET_NNODES") or "1").partition(":")[0])


def explain(errors: Sequence[str]) -> VtbError | None:
    """A better error than that the engine failed, where it said why."""
    for error in reversed(errors):
        what, _, why = error.partition(" ")
        if what == REFUSED:
            return BadInput(why)
        if what == "FloatingPointError:":
            return BadInput(f"training went astray: {why}; the last checkpoint is kept")
        if "No space left on device" in error:
            return NotAvailable(f"the disk is full ({error[:200]}): make room, then run the same command again")
    return None
