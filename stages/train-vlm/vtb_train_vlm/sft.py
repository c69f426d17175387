"""``vtb-train-vlm sft``: supervised fine-tuning through ms-swift."""

from __future__ import annotations

import logging

from vtb.engine.curves import Panel
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.run import Run
from vtb_train_vlm.method import Method, Rows
from vtb_train_vlm.options import TrainingOptions
from vtb_train_vlm.run_training import run_training

log = logging.getLogger("vtb.train")

STAGE = Stage(
    command="vtb-train-vlm sft",
    summary="Fine-tune a vision-language model on answers, by LoRA or fully.",
    version=5,  # swift.yaml has the sizes of clips
    image="vtb/train-vlm",
    reads=("swift-dataset",),
    writes=("adapter", "checkpoint"),
    kind_option=("tuner", {"lora": "adapter", "full": "checkpoint"}),
    resources=Resources(cpu="8", memory="64Gi", gpu=1, disk="100Gi", shared_memory="16Gi"),
    credentials=("HF_TOKEN", "WANDB_API_KEY"),  # the engine may report elsewhere: -- --report_to wandb
    gang=True,
    model_cache=True,
    grace_s=600,
)


@stage_command(STAGE, TrainingOptions)
def sft(run: Run, options: TrainingOptions) -> None:
    """Fine-tune a vision-language model on answers, by LoRA or fully.

    Launches ms-swift on a swift-dataset artifact. Everything after -- goes to ms-swift untouched and wins over the
    options here. Checkpoints are copied to the output while training goes on: a run that was cut off continues from
    the newest when the same command runs again, and SIGTERM saves one and exits 75.

    Example: vtb-train-vlm sft --input out/dataset --model out/tiny --output out/adapter -- --warmup_ratio 0.05
    """
    run_training(run, options, METHOD)


def figures(rows: Rows) -> dict[str, float]:
    """First and last logged loss, and the last on the validation rows."""
    losses = [row["loss"] for row in rows if "loss" in row]
    checks = [row["eval_loss"] for row in rows if "eval_loss" in row]
    found = {"loss_first": losses[0], "loss_last": losses[-1]} if losses else {}
    if losses:
        log.info("loss %.3f at the first step, %.3f at the last", losses[0], losses[-1])
    return {**found, **({"val_loss_last": checks[-1]} if checks else {})}


METHOD = Method(
    stage=STAGE,
    entry="sft",
    rows="sft",
    arguments=lambda options, device: {},
    curves=lambda rows: {"loss.png": (Panel("loss", {"loss": "training loss", "eval_loss": "validation loss"}),)},
    figures=figures,
    unchanged=lambda rows: "is --learning-rate 0, or the loss constant?",
)
