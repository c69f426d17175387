"""What one run of the engine is given: the model, the rows, and how to train."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class Job:
    """One training run of the engine.

    Attributes:
        model: Folder of the model to start from; must exist, as the engine takes other names for hub names.
        dataset_dir: Folder that the pictures' relative paths in the rows start from.
        train_file: Training rows, relative to ``dataset_dir``.
        val_file: Validation rows, likewise, if any.
        output_dir: Local folder for checkpoints, logs and curves.
        tuner: ``lora`` or ``full``.
        epochs: Passes over the rows.
        max_steps: Stops here instead, if set.
        learning_rate: Peak learning rate.
        batch_size: Rows per process and step.
        grad_accum: Steps whose gradients are added up for one update.
        lora_rank: Rank of the LoRA matrices.
        lora_alpha: Scale of the LoRA (divided by the rank).
        max_length: Longest row in tokens.
        max_pixels: Largest picture in pixels; larger ones are scaled down.
        save_steps: Updates between two checkpoints.
        save_total_limit: Checkpoints that stay on disk, at least 2.
        seed: Seeds weights, shuffling and sampling.
        resume_from: Checkpoint to go on from, if any.
        nproc: Processes on this machine.
        deepspeed: Preset name (``zero0`` to ``zero3``, ``zero2_offload`` ...) or file; needs a GPU.
        engine_args: What the user wrote after ``--``.
        engine_config: YAML or JSON file of engine arguments, if any.
        entry: Which of the engine's commands it is, ``sft`` or ``rlhf``.
        method: The engine's arguments for this way of training, beside those that all have.
    """

    model: Path
    dataset_dir: Path
    train_file: str
    val_file: str | None
    output_dir: Path
    tuner: Literal["lora", "full"]
    epochs: float
    max_steps: int | None
    learning_rate: float
    batch_size: int
    grad_accum: int
    lora_rank: int
    lora_alpha: int
    max_length: int
    max_pixels: int
    save_steps: int
    save_total_limit: int
    seed: int
    resume_from: Path | None
    nproc: int
    deepspeed: str | None
    engine_args: tuple[str, ...]
    engine_config: Path | None
    entry: str = "sft"
    method: Mapping[str, Any] = field(default_factory=dict)
