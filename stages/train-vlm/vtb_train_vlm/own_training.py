"""The stage's side of a training by our own loop, whatever is learned: from a dataset and a model to an artifact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic

from vtb.artifact import Plan, read_manifest
from vtb.artifact.local import Model, find_model
from vtb.artifact.unpacked import unpacked_folder
from vtb.engine.hardware import Device, choose_device
from vtb.engine.loop_options import LoopOptions
from vtb.engine.own_artifact import Harvest, Rows, collect
from vtb.engine.own_engine import own_training, processes, rows_to_train_on
from vtb.engine.run_training import run_training
from vtb.engine.training_job import J
from vtb.stage.run import Run, entry_of


@dataclass(frozen=True)
class Way(Generic[J]):
    """What one way of training by our own loop does otherwise than the others.

    Attributes:
        module: what ``python -m`` runs.
        make_job: from this call, its plan, the options, folders of data and model, rows and device to the job.
        check: refuses a job that cannot be done.
        what: the rows, in words.
        smaller: from the job to the options by which it needs less memory.
        harvest: what becomes of the last checkpoint.
        further: from the options to the models that are read beside the one that is trained.
    """

    module: str
    make_job: Callable[[Run, Plan, Any, Path, Path, int, Device], J]
    check: Callable[[J], None]
    what: str
    smaller: Callable[[J], str]
    harvest: Harvest[J]
    further: Callable[[Any], Sequence[Model]] = lambda options: ()


def train_by(run: Run, options: LoopOptions, way: Way[J]) -> None:
    """Train and write the artifact, or say what would be done."""
    uri = run.inputs[0]
    manifest, model = read_manifest(uri, run.stage.reads), find_model(options.model)
    where = choose_device(options.device)
    models = [model, *way.further(options)]
    plan = run.plan(options, [entry_of(uri, manifest), *(each.entry for each in models)])
    if run.already_done(plan):
        return
    rows = rows_to_train_on(uri, manifest)
    job = way.make_job(run, plan, options, unpacked_folder(uri, manifest), model.folder(), rows, where)
    way.check(job)
    if run.dry_run:
        run.say_plan(plan, f"trained on {rows} {way.what} for {job.steps} updates on {where}")
        return
    nproc, smaller = processes(options.nproc, where), way.smaller(job)
    start = partial(own_training, job, way.module, nproc, smaller, lambda job: partial(collect, job, way.harvest))
    run_training(run, plan, job.output_dir, start)


def first_and_last(rows: Rows, names: Iterable[str]) -> dict[str, float]:
    """The first and the last of each figure that the log has."""
    found: dict[str, float] = {}
    for name in names:
        values = [row[name] for row in rows if name in row]
        if values:
            found |= {f"{name}_first": values[0], f"{name}_last": values[-1]}
    return found
