"""What one training of a model that draws is given; the stage writes it as JSON, the engine process reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from vtb.diffusion.pace import Schedule
from vtb.diffusion.trained_weights import Tuner


class Judging(msgspec.Struct, frozen=True, kw_only=True):
    """How held-out puzzles are solved while training goes on.

    Attributes:
        every: updates between two evaluations.
        count: puzzles, the first of the validation rows.
        inference_steps: steps of the sampler.
    """

    every: int
    count: int
    inference_steps: int


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One training.

    Attributes:
        variant: name of the model.
        model: its folder.
        dataset: the folder of the rows, with their media as files.
        output_dir: where checkpoints, logs and pictures go.
        experts: names of the denoisers to train, one after the other.
        tuner: ``lora`` or ``full``.
        rank: of the LoRA.
        steps: updates of the whole training; with two experts, half of them each.
        batch_size: samples per process and update.
        learning_rate: the peak.
        weight_decay: of AdamW (arXiv 1711.05101).
        warmup: updates until the peak.
        schedule: what follows.
        max_grad_norm: gradients are scaled down to this norm.
        gradient_checkpointing: compute activations twice instead of keeping them.
        edit_pixels: pictures to edit are scaled to about so many.
        save_steps: updates between checkpoints.
        seed: of everything.
        cache: the folder of features to keep, where they are kept.
        judging: of held-out puzzles, where it is wanted.
        resume_from: checkpoint to go on from.
        device: where to train.
    """

    variant: str
    model: Path
    dataset: Path
    output_dir: Path
    experts: tuple[str, ...]
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
    edit_pixels: int
    save_steps: int
    seed: int
    cache: Path | None
    judging: Judging | None
    resume_from: Path | None
    device: Literal["cpu", "cuda"]


def write_job(job: Job, path: Path) -> None:
    """As JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(job, enc_hook=str), indent=1))


def read_job(path: Path) -> Job:
    """A job from its file, which this program wrote."""
    return msgspec.json.decode(path.read_bytes(), type=Job, dec_hook=lambda kind, value: kind(value))
