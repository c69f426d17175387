"""The options of every training by our own loop; a stage's own come beside them, with its own defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vtb.engine.pace import SCHEDULES, Schedule
from vtb.stage.fields import StageOptions, option

MODEL, TRAINING, JUDGED, MACHINE = "The model", "Training", "Judged while training", "The machine"  # of the help


@dataclass(frozen=True)
class LoopOptions(StageOptions):
    """How to train, and on what."""

    model: str = option(
        metavar="PATH|URI", affects_output=False, artifact=("checkpoint",), group=MODEL,
        help="The model to start from: a local folder as it is published, or a checkpoint artifact.",
    )  # fmt: skip
    tuner: Literal["lora", "full"] = option(
        "lora", group=MODEL, help="lora writes an adapter, full a whole model (a checkpoint artifact)."
    )
    lora_rank: int = option(32, low=1, high=4096, group=MODEL, help="Rank of the LoRA matrices; their scale is 1.")
    epochs: float = option(1.0, low=0, high=1e6, above=True, group=TRAINING, help="Passes over the data.")
    max_steps: int | None = option(
        None, low=1, group=TRAINING, help="Stop after so many updates, whatever --epochs says."
    )
    learning_rate: float = option(1e-4, low=0, above=True, group=TRAINING, help="Peak learning rate of AdamW.")
    schedule: Schedule = option(
        "constant", choices=SCHEDULES, group=TRAINING,
        help="What follows the warm-up: constant, or down along a line or a cosine.",
    )  # fmt: skip
    warmup: int = option(0, low=0, group=TRAINING, help="Updates in which the rate rises to its peak.")
    weight_decay: float = option(0.01, low=0, group=TRAINING, help="Weight decay of AdamW.")
    max_grad_norm: float = option(
        1.0, low=0, above=True, group=TRAINING, help="Gradients are scaled down to this norm."
    )
    keep_activations: bool = option(
        False, affects_output=False, group=MACHINE,
        help="Keep activations instead of computing them twice: faster, and needs several times the memory.",
    )  # fmt: skip
    save_steps: int = option(
        500, low=1, affects_output=False, group=MACHINE,
        help="Updates between checkpoints; each is copied to the output while training goes on.",
    )  # fmt: skip
    nproc: int | None = option(None, low=1, group=MACHINE, help="Processes on this machine; one per GPU when left out.")
    device: Literal["auto", "cpu", "cuda"] = option(
        "auto", affects_output=False, group=MACHINE, help="Where to train; auto takes the GPUs where there are any."
    )
