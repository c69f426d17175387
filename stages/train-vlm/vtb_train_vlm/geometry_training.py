"""The stage's side of a training with geometry: checks, the job for the engine process, and the artifact."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.artifact import Plan
from vtb.artifact.local import Model, find_model
from vtb.engine.curves import Panel
from vtb.engine.hardware import Device
from vtb.engine.own_artifact import Harvest, Rows
from vtb.engine.own_engine import processes, updates
from vtb.engine.run_training import work_place
from vtb.engine.training_job import Judging
from vtb.errors import QualityGate
from vtb.geometry.job import QUERIES, Job
from vtb.geometry.making import check_model
from vtb.stage.run import Run
from vtb_train_vlm.geometry_options import Options
from vtb_train_vlm.own_training import Way, first_and_last, train_by

log = logging.getLogger("vtb.train")
MODULE = "vtb.geometry.engine"  # what ``python -m`` runs
_SMALLER = "--max-length or --max-pixels, take --tuner lora, or leave out --keep-activations"
_PI3 = "model.safetensors"
# The options that a job has by the same names.
SAME = (
    "geometry", "tuner", "learning_rate", "weight_decay", "warmup", "warmup_share", "schedule", "max_grad_norm",
    "save_steps", "tune_llm", "tune_vision", "tune_merger", "grad_accum", "epochs", "max_steps", "max_length",
    "max_pixels", "offload",
)  # fmt: skip


def train_geometry(run: Run, options: Options) -> None:
    """Supervised."""
    train_by(run, options, SUPERVISED)


def encoders(options: Options) -> list[Model]:
    """The geometry encoder, where one is given; of Pi3, its file names its folder as well."""
    if options.encoder is None:
        return []
    return [find_model(options.encoder.removesuffix(f"/{_PI3}"), names=("config.json", _PI3))]


def make_job(run: Run, plan: Plan, options: Options, dataset: Path, model: Path, rows: int, where: Device) -> Job:
    """The job; nothing is written yet. Its updates are as many as there would be if each pack held one row."""
    judging = Judging(every=options.judge_steps, count=options.judge_count, max_new_tokens=options.judge_max_new_tokens)
    encoder = next((found.folder() for found in encoders(options)), None)
    return Job(
        model=model, dataset=dataset, output_dir=work_place(run, plan), rank=options.lora_rank, batch_size=1,
        steps=updates(options.epochs, options.max_steps, rows, options.grad_accum, processes(options.nproc, where)),
        gradient_checkpointing=not options.keep_activations, seed=run.seed, resume_from=None, device=where,
        encoder=encoder, queries=QUERIES, merger_rate=options.merger_learning_rate,
        vision_rate=options.vision_learning_rate, judging=judging if options.judge_steps else None,
        **{name: getattr(options, name) for name in SAME},
    )  # fmt: skip


def check(job: Job) -> None:
    """Refuse a model, an encoder and a way of using it that do not go together."""
    check_model(job.model, job.geometry, job.encoder)


def weights(job: Job, checkpoint: Path, place: Path) -> dict[str, Any]:
    """The trained model as others load it; figures that show that it changed.

    Raises:
        QualityGate: it did not.
    """
    from vtb.geometry.export import write_model

    proof = write_model(job, checkpoint, place)
    if not proof["weights_diff_max"]:
        raise QualityGate("training changed nothing: are the learning rates 0, or the loss constant?")
    return proof


def curves(rows: Rows) -> Mapping[str, Sequence[Panel]]:
    """Losses, and answers where a judge knows the rows."""
    panels = [Panel("loss", {"loss": "training loss", "eval_loss": "validation loss"})]
    if any("eval_solved" in row for row in rows):
        panels.append(Panel("held-out questions", {"eval_solved": "answered rightly"}))
    return {"curves.png": panels}


def figures(rows: Rows) -> dict[str, float]:
    """How full the packs were; first and last of each figure that says how training went."""
    found = first_and_last(rows, ("loss", "eval_loss", "eval_solved"))
    packed = next((row for row in rows if "packing_efficiency" in row), {})
    found |= {name: packed[name] for name in ("packs", "packing_efficiency") if name in packed}
    if "loss_first" in found:
        log.info("loss %.3f at the first step, %.3f at the last", found["loss_first"], found["loss_last"])
    if "packs" in found:
        log.info("%d packs, %.1f %% full", found["packs"], 100 * found["packing_efficiency"])
    return found


HARVEST: Harvest[Job] = Harvest(weights, curves, figures)
SUPERVISED = Way(MODULE, make_job, check, "rows in packs, at most", lambda job: _SMALLER, HARVEST, further=encoders)
