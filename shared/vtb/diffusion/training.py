"""The stage's side of a training: checks, the job for the engine process, and the artifact."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from vtb.artifact import Manifest, read_manifest
from vtb.artifact.local import DRAWING_MODEL, cache_folder, find_model
from vtb.artifact.unpacked import unpacked_folder
from vtb.diffusion.artifact import HARVEST
from vtb.diffusion.drawn_form import form_of
from vtb.diffusion.job import Job, Judging
from vtb.diffusion.memory import needs
from vtb.diffusion.options import DrawingOptions
from vtb.diffusion.variants import VARIANTS, Variant
from vtb.diffusion.weight_files import check_weights
from vtb.diffusion.whole_model import EDIT_PIXELS, shown_in_training
from vtb.engine.hardware import Device, choose_device
from vtb.engine.own_artifact import Harvest, collect
from vtb.engine.own_engine import everywhere, own_training, processes, rows_to_train_on, updates
from vtb.engine.run_training import run_training, work_place
from vtb.errors import BadInput
from vtb.stage.run import Run, entry_of

log = logging.getLogger("vtb.train")
_SMALLER = "--lora-rank, leave out --keep-activations, or prepare smaller pictures or clips"


@dataclass(frozen=True)
class Way:
    """What one way of training a model that draws does otherwise than another.

    Attributes:
        module: what ``python -m`` runs.
        job: of which kind the job is.
        own: from the options to what that kind has beside every job.
        harvest: what becomes of the last checkpoint.
        keeps: from the options to whether the model before training is kept beside the one that is trained.
    """

    module: str
    job: type[Job]
    own: Callable[[Any], Mapping[str, Any]]
    harvest: Harvest[Any]
    keeps: Callable[[Any], bool] = lambda options: False


SUPERVISED = Way("vtb.diffusion.engine", Job, lambda options: {}, HARVEST)


def train_drawing(
    run: Run, options: DrawingOptions, variant_name: str, experts: Sequence[str], edit_pixels: int | None,
    way: Way = SUPERVISED,
) -> None:  # fmt: skip
    """Train and write the artifact, or say what would be done.

    Args:
        run: this call of the stage.
        options: how to train.
        variant_name: which model it is.
        experts: names of the denoisers to train.
        edit_pixels: pictures to edit are scaled to about so many; None takes the number of the model's own training.
        way: of training.
    """
    variant = VARIANTS[variant_name]
    uri = run.inputs[0]
    manifest, model = read_manifest(uri, run.stage.reads), find_model(options.model, names=DRAWING_MODEL)
    where = choose_device(options.device)
    plan = run.plan(options, [entry_of(uri, manifest), model.entry])
    if run.already_done(plan):
        return
    rows, folder = rows_of(uri, manifest, variant), model.folder()
    job = way.job(
        variant=variant.name, model=folder, dataset=unpacked_folder(uri, manifest), device=where,
        output_dir=work_place(run, plan), experts=tuple(experts), tuner=options.tuner, rank=options.lora_rank,
        steps=len(experts) * steps_of(options, rows, where), batch_size=options.batch_size,
        learning_rate=options.learning_rate, weight_decay=options.weight_decay, warmup=options.warmup,
        schedule=options.schedule, max_grad_norm=options.max_grad_norm, seed=run.seed,
        edit_pixels=edit_pixels or pixels_of(folder),
        gradient_checkpointing=not options.keep_activations, save_steps=options.save_steps, resume_from=None,
        cache=cache_folder() / "features" if options.cache else None, judging=judging_of(options),
        form=form_of(manifest.plan.config),
        **way.own(options),
    )  # fmt: skip
    if problem := variant.missing(job.model):
        raise BadInput(problem)
    check_weights(variant.find(job.model))
    if run.dry_run:
        say_memory(job, everywhere(processes(options.nproc, where)), kept=way.keeps(options))
        run.say_plan(plan, f"{variant.name} trained on {rows} rows for {job.steps} updates on {where}")
        return
    nproc = processes(options.nproc, where)
    start = partial(own_training, job, way.module, nproc, _SMALLER, lambda job: partial(collect, job, way.harvest))
    run_training(run, plan, job.output_dir, start)


def say_memory(job: Job, shared: int, *, kept: bool) -> None:
    """What each process needs; a machine without a GPU says also what GPUs elsewhere would need."""
    if job.device == "cpu":
        click.echo(f"memory {needs(job, 4, shared, kept=kept).in_words('in each process on this CPU, in float32')}")
    click.echo(f"memory {needs(job, 2, shared, kept=kept).in_words('on each GPU, in bfloat16')}")


def pixels_of(folder: Path) -> int:
    """To how many pixels pictures to edit are scaled for a model, where nobody says it."""
    shown = shown_in_training(folder)
    if shown is None:
        return EDIT_PIXELS
    log.info("pictures to edit have about %d pixels, as in the model's training", shown.edit_pixels)
    return shown.edit_pixels


def steps_of(options: DrawingOptions, rows: int, where: Device) -> int:
    """Updates of one denoiser."""
    nproc = processes(options.nproc, where)
    return updates(options.epochs, options.max_steps, rows, options.batch_size, nproc)


def judging_of(options: DrawingOptions) -> Judging | None:
    """How held-out puzzles are solved, if at all."""
    if not options.judge_steps:
        return None
    return Judging(every=options.judge_steps, count=options.judge_count, inference_steps=options.judge_inference_steps)


def rows_of(uri: str, manifest: Manifest, variant: Variant) -> int:
    """Rows to train on, as prepare has counted them.

    Raises:
        BadInput: there are none, or they are for another kind of model.
    """
    made_by = "vtb-prepare video" if variant.moving else "vtb-prepare image"
    if manifest.plan.stage != made_by:
        raise BadInput(f"{uri}: was made with `{manifest.plan.stage}`, and {variant.name} needs `{made_by}`")
    return rows_to_train_on(uri, manifest)
