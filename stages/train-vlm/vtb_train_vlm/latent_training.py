"""The stage's side of a training with latents: checks, the job for the engine process, and the artifact."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.artifact import Plan
from vtb.engine.curves import Panel
from vtb.engine.hardware import Device
from vtb.engine.own_artifact import Harvest, Rows
from vtb.engine.own_engine import processes, updates
from vtb.engine.proof import training_proof
from vtb.engine.run_training import work_place
from vtb.engine.training_job import Judging
from vtb.errors import BadInput, QualityGate
from vtb.latent.grpo_job import GrpoJob
from vtb.latent.job import Job
from vtb.latent.tokens import read_latent_config
from vtb.stage.run import Run
from vtb_train_vlm.latent_options import Options
from vtb_train_vlm.own_training import Way, first_and_last, train_by

log = logging.getLogger("vtb.train")
MODULE = "vtb.latent.engine"  # what ``python -m`` runs
_SMALLER = "--batch-size, --max-pixels or --latent-size, or take --tuner lora"
_NOT_KEPT = ", or leave out --keep-activations"  # stage 2 keeps them always


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
