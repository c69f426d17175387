"""The options that all ways of training have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from vtb.artifact.output import file_sha256
from vtb.stage.fields import StageOptions, option
from vtb_train_vlm.engine_options import check_engine_args

MODEL, TRAINING, ENGINE = "The model", "Training", "The engine"  # headings of the help


@dataclass(frozen=True)
class TrainingOptions(StageOptions):
    """The model, the pace of training, and the engine."""

    entry: ClassVar[str] = "sft"  # which of the engine's commands its arguments are for

    model: str = option(
        metavar="PATH|URI", affects_output=False, artifact=("checkpoint",), group=MODEL,
        help="The model to start from: a local folder with its files, or a checkpoint artifact.",
    )  # fmt: skip
    tuner: Literal["lora", "full"] = option(
        "lora", group=MODEL, help="lora writes an adapter, full a whole model (a checkpoint artifact)."
    )
    lora_rank: int = option(16, low=1, group=MODEL, help="Rank of the LoRA matrices.")
    lora_alpha: int = option(32, low=1, group=MODEL, help="Scale of the LoRA (divided by the rank).")
    merge: bool = option(False, group=MODEL, help="Also write the model with the adapter merged in, under merged/.")
    epochs: float = option(1.0, low=0, above=True, group=TRAINING, help="Passes over the data.")
    max_steps: int | None = option(
        None, low=1, group=TRAINING, help="Stop after so many updates, whatever --epochs says."
    )
    learning_rate: float = option(1e-4, low=0, above=True, group=TRAINING, help="Peak learning rate.")
    batch_size: int = option(4, low=1, group=TRAINING, help="Rows per process and step.")
    grad_accum: int = option(1, low=1, group=TRAINING, help="Steps whose gradients make one update.")
    max_length: int = option(4096, low=16, group=TRAINING, help="Longest row in tokens, picture included.")
    max_pixels: int = option(
        262_144, low=1024, group=TRAINING,
        help="Scale larger pictures down to this many pixels; give the same number to vtb-eval predict.",
    )  # fmt: skip
    save_steps: int = option(
        100, low=1, affects_output=False, group=ENGINE,
        help="Updates between checkpoints; each is copied to the output while training goes on.",
    )  # fmt: skip
    nproc: int | None = option(None, low=1, group=ENGINE, help="Processes on this machine; one per GPU when left out.")
    device: Literal["auto", "cpu", "cuda"] = option(
        "auto", affects_output=False, group=ENGINE, help="Where to train; auto takes the GPUs where there are any."
    )
    deepspeed: str | None = option(
        None, metavar="PRESET|FILE", group=ENGINE,
        help="DeepSpeed preset (zero0 to zero3, zero2_offload, zero3_offload) or a JSON file; needs a GPU.",
    )  # fmt: skip
    # Its content is recorded, not its place.
    engine_config: Path | None = option(
        None, file=True, existing=True, affects_output=False, group=ENGINE,
        help="YAML or JSON file of ms-swift arguments; they win over this command's own.",
    )  # fmt: skip
    engine_args: tuple[str, ...] = option((), remainder=True)

    def __post_init__(self) -> None:
        """Engine arguments are looked at before any input is, so that a pipeline tells of them before it starts."""
        check_engine_args(self.engine_args, self.engine_config, self.entry)

    def recorded(self) -> dict[str, Any]:
        """With the content of the engine's configuration file."""
        content = file_sha256(self.engine_config) if self.engine_config else None
        return {**super().recorded(), "engine_config": content}
