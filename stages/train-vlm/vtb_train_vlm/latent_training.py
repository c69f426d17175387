"""The stage's side of a training with latents: checks, the job for the engine process, and the artifact."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic

from vtb.artifact import Plan, read_manifest
from vtb.artifact.local import find_model
from vtb.artifact.unpacked import unpacked_folder
from vtb.engine.curves import Panel
from vtb.engine.hardware import Device, choose_device
from vtb.engine.own_artifact import Harvest, Rows, collect
from vtb.engine.own_engine import own_training, processes, rows_to_train_on, updates
from vtb.engine.proof import training_proof
from vtb.engine.run_training import run_training, work_place
from vtb.engine.training_job import J
from vtb.errors import BadInput, QualityGate
from vtb.latent.grpo_job import GrpoJob
from vtb.latent.job import Job, Judging
from vtb.latent.tokens import read_latent_config
from vtb.stage.run import Run, entry_of
from vtb_train_vlm.latent_options import LatentOptions, Options

log = logging.getLogger("vtb.train")
MODULE = "vtb.latent.engine"  # what ``python -m`` runs
_SMALLER = "--batch-size, --max-pixels or --latent-size, or take --tuner lora"
_NOT_KEPT = ", or leave out --keep-activations"  # stage 2 keeps them always


@dataclass(frozen=True)
class Way(Generic[J]):
    """What the two ways of training with latents do otherwise.

    Attributes:
        module: what ``python -m`` runs.
        make_job: from this call, its plan, the options, folders of data and model, rows and device to the job.
        check: refuses a job that cannot be done.
        what: the rows, in words.
        smaller: from the job to the options by which it needs less memory.
        harvest: what becomes of the last checkpoint.
    """

    module: str
    make_job: Callable[[Run, Plan, Any, Path, Path, int, Device], J]
    check: Callable[[J], None]
    what: str
    smaller: Callable[[J], str]
    harvest: Harvest[J]


def train_by(run: Run, options: LatentOptions, way: Way[J]) -> None:
    """Train and write the artifact, or say what would be done."""
    uri = run.inputs[0]
    manifest, model = read_manifest(uri, run.stage.reads), find_model(options.model)
    where = choose_device(options.device)
    plan = run.plan(options, [entry_of(uri, manifest), model.entry])
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


def train_latents(run: Run, options: Options) -> None:
    """Supervised."""
    train_by(run, options, SUPERVISED)


# The options that a job has by the same names.
SAME = (
    "tuner", "batch_size", "learning_rate", "weight_decay", "warmup", "schedule", "max_grad_norm", "save_steps",
    "latent_size", "stage", "grad_accum", "word_weight", "latent_weight", "teacher_decay", "selection", "coverage",
    "selection_temperature", "max_length", "max_pixels", "tune_vision",
)  # fmt: skip


def make_job(run: Run, plan: Plan, options: Options, dataset: Path, model: Path, rows: int, where: Device) -> Job:
    """The job; nothing is written yet."""
    at_once = options.batch_size * options.grad_accum
    judging = Judging(every=options.judge_steps, count=options.judge_count, max_new_tokens=options.judge_max_new_tokens)
    return Job(
        model=model, dataset=dataset, output_dir=work_place(run, plan), rank=options.lora_rank,
        steps=updates(options.epochs, options.max_steps, rows, at_once, processes(options.nproc, where)),
        gradient_checkpointing=not options.keep_activations, seed=run.seed, resume_from=None, device=where,
        judging=judging if options.judge_steps else None, **{name: getattr(options, name) for name in SAME},
    )  # fmt: skip


def check_stage(job: Job) -> None:
    """Refuse a second stage without a first, and other latents than the model has.

    Raises:
        BadInput: the model knows no latents, or other ones.
    """
    had = read_latent_config(job.model)
    if job.stage == 2 and had is None:
        raise BadInput(f"{job.model}: knows no latents: --stage 2 goes on from a model that --stage 1 has made")
    if job.latent_size and had is not None and had.size != job.latent_size:
        raise BadInput(f"{job.model}: was trained with {had.size} latents a segment: give --latent-size {had.size}")


def first_and_last(rows: Rows, names: Iterable[str]) -> dict[str, float]:
    """The first and the last of each figure that the log has."""
    found: dict[str, float] = {}
    for name in names:
        values = [row[name] for row in rows if name in row]
        if values:
            found |= {f"{name}_first": values[0], f"{name}_last": values[-1]}
    return found


def trained_weights(
    job: Job | GrpoJob, checkpoint: Path, place: Path, unchanged: str = "is --learning-rate 0, or the loss constant?"
) -> dict[str, Any]:
    """The trained weights as others load them; figures that show that they changed.

    Raises:
        QualityGate: they did not.
    """
    from vtb.latent.export import write_adapter, write_model

    if job.tuner == "lora":
        write_adapter(job, checkpoint, place)
        proof = training_proof(job.model, place)
    else:
        write_model(job, checkpoint, place)
        proof = training_proof(job.model, None, place)
    if not proof.get("lora_b_max", 1) or not proof.get("weights_diff_max", 1):
        raise QualityGate(f"training changed nothing: {unchanged}")
    return dict(proof)


def curves(rows: Rows) -> Mapping[str, Sequence[Panel]]:
    """Losses, how well latents point where they should, and what came of it."""
    similar = sorted({name for row in rows for name in row if name.startswith("similarity_")}, key=_number)
    panels = [
        Panel("loss", {"loss": "training loss", "eval_loss": "validation loss"}),
        Panel("parts of the loss", {"loss_words": "words", "loss_latents": "latents"}),
    ]
    if similar:
        panels.append(Panel("similarity of latents", {name: f"latent {_number(name)}" for name in similar}))
    if any("eval_solved" in row for row in rows):
        told = {"eval_solved": "answered rightly", "eval_latent_answers": "with latents", "eval_segments": "segments"}
        panels.append(Panel("held-out questions", told))
    return {"curves.png": panels}


def _number(name: str) -> int:
    return int(name.rpartition("_")[2])


def figures(rows: Rows) -> dict[str, float]:
    """First and last of each figure of the log that says how training went."""
    names = ("loss", "loss_words", "loss_latents", "eval_loss", "eval_solved", "eval_latent_answers")
    found = first_and_last(rows, names)
    if "loss_first" in found:
        log.info("loss %.3f at the first step, %.3f at the last", found["loss_first"], found["loss_last"])
    if "eval_solved_last" in found:
        log.info(
            "held-out questions: %.0f %% answered rightly at the start, %.0f %% at the end, %.0f %% of these answers "
            "with latents", 100 * found["eval_solved_first"], 100 * found["eval_solved_last"],
            100 * found["eval_latent_answers_last"],
        )  # fmt: skip
    return found


HARVEST: Harvest[Job] = Harvest(trained_weights, curves, figures)
SUPERVISED = Way(
    MODULE, make_job, check_stage, "rows", lambda job: _SMALLER + (_NOT_KEPT if job.stage == 1 else ""), HARVEST
)
