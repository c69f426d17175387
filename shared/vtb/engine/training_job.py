"""What every training by our own loop is given; the stage writes it as JSON, the engine process reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from vtb.engine.pace import Schedule

Tuner = Literal["lora", "full"]


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """How often what has been learned is looked at, and on how much.

    Attributes:
        every: updates between two evaluations.
        count: held-out rows, the first of those that can be judged.
    """

    every: int
    count: int


class Judging(Interval, frozen=True, kw_only=True):
    """How held-out questions are answered and judged while training goes on.

    Attributes:
        max_new_tokens: longest answer in tokens.
    """

    max_new_tokens: int


class TrainingJob(msgspec.Struct, frozen=True, kw_only=True):
    """One training.

    Attributes:
        model: the folder of the model.
        dataset: the folder of the rows, with their media as files.
        output_dir: where checkpoints, logs and pictures go.
        tuner: ``lora`` or ``full``.
        rank: of the LoRA.
        steps: updates of the whole training.
        batch_size: samples per process and update, or per process and step where several make an update.
        learning_rate: the peak.
        weight_decay: of AdamW (arXiv 1711.05101).
        warmup: updates until the peak.
        schedule: what follows.
        max_grad_norm: gradients are scaled down to this norm.
        gradient_checkpointing: compute activations twice instead of keeping them.
        save_steps: updates between checkpoints.
        seed: of everything.
        resume_from: checkpoint to go on from.
        device: where to train.
        judging: of held-out rows, where it is wanted; each training says in its own job what it takes.
    """

    model: Path
    dataset: Path
    output_dir: Path
    tuner: Tuner
    rank: int
    steps: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    warmup: int
    schedule: Schedule
    max_grad_norm: float
    gradient_checkpointing: bool
    save_steps: int
    seed: int
    resume_from: Path | None
    device: Literal["cpu", "cuda"]
    judging: Interval | None


J = TypeVar("J", bound=TrainingJob)


def write_job(job: TrainingJob, path: Path) -> None:
    """As JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(job, enc_hook=str), indent=1))


def read_job(path: Path, kind: type[J]) -> J:
    """A job from its file, which this program wrote."""
    return msgspec.json.decode(path.read_bytes(), type=kind, dec_hook=lambda wanted, value: wanted(value))
