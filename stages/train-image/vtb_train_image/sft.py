"""``vtb-train-image sft``: supervised fine-tuning of Qwen-Image and Qwen-Image-Edit."""

from __future__ import annotations

from dataclasses import dataclass

from vtb.diffusion.options import MODEL, DrawingOptions
from vtb.diffusion.variants import IMAGE, VARIANTS
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.fields import option
from vtb.stage.run import Run

STAGE = Stage(
    command="vtb-train-image sft",
    summary="Fine-tune an image-editing model to draw solutions, by LoRA or fully.",
    version=1,
    image="vtb/train-image",
    reads=("diffsynth-dataset",),
    writes=("adapter", "checkpoint"),
    kind_option=("tuner", {"lora": "adapter", "full": "checkpoint"}),
    resources=Resources(cpu="8", memory="96Gi", gpu=1, disk="200Gi", shared_memory="16Gi"),
    gang=True,
    model_cache=True,
    grace_s=600,
)


@dataclass(frozen=True)
class Options(DrawingOptions):
    """The command's own options."""

    variant: str = option(
        "qwen-image-edit-2511", choices=IMAGE, group=MODEL,
        help="Which model it is; it decides the prompt's template, the layers that get a LoRA, and how puzzles are "
             "shown.",
    )  # fmt: skip
    edit_pixels: int | None = option(
        None, low=1024, group=MODEL, default_text="those of the model's training here, or 1048576",
        help="Show the puzzle scaled to about this many pixels.",
    )  # fmt: skip


@stage_command(STAGE, Options)
def sft(run: Run, options: Options) -> None:
    """Fine-tune an image-editing model to draw solutions, by LoRA or fully.

    Trains on a dataset of vtb-prepare image, by flow matching. While training goes on, held-out puzzles are solved and
    judged by the judges of their families, and checkpoints are copied to the output: a run that was cut off continues
    from the newest when the same command runs again, and SIGTERM saves one and exits 75.

    Example: vtb-train-image sft --input out/pairs --model out/tiny --output out/adapter
    """
    from vtb.diffusion.training import train_drawing

    experts = [expert.name for expert in VARIANTS[options.variant].experts]
    train_drawing(run, options, options.variant, experts, options.edit_pixels)
