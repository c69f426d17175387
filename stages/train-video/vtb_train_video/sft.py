"""``vtb-train-video sft``: supervised fine-tuning of Wan2.2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vtb.diffusion.options import MODEL, DrawingOptions
from vtb.diffusion.variants import VARIANTS, VIDEO
from vtb.errors import UsageProblem
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.fields import option
from vtb.stage.run import Run

STAGE = Stage(
    command="vtb-train-video sft",
    summary="Fine-tune a video model to solve puzzles in clips, by LoRA or fully.",
    version=1,
    image="vtb/train-video",
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
        "wan2.2-ti2v-5b", choices=VIDEO, group=MODEL,
        help="Which model it is; it decides the layers that get a LoRA, and whether the first frame is shown.",
    )  # fmt: skip
    expert: Literal["both", "high_noise", "low_noise"] = option(
        "both", group=MODEL,
        help="Which denoiser of an A14B model to train; both takes one after the other, for as many updates each.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        """Refuse to choose among one."""
        if self.expert != "both" and len(VARIANTS[self.variant].experts) == 1:
            raise UsageProblem(f"--expert {self.expert}: {self.variant} has one denoiser: leave it out")

    @property
    def experts(self) -> list[str]:
        """The denoisers to train."""
        every = [expert.name for expert in VARIANTS[self.variant].experts]
        return every if self.expert == "both" else [self.expert]


@stage_command(STAGE, Options)
def sft(run: Run, options: Options) -> None:
    """Fine-tune a video model to solve puzzles in clips, by LoRA or fully.

    Trains on a dataset of vtb-prepare video, by flow matching. While training goes on, held-out puzzles are solved and
    judged by the judges of their families, and checkpoints are copied to the output: a run that was cut off continues
    from the newest when the same command runs again, and SIGTERM saves one and exits 75.

    Example: vtb-train-video sft --input out/clips --model out/tiny --output out/adapter
    """
    from vtb.diffusion.training import train_drawing

    train_drawing(run, options, options.variant, options.experts, edit_pixels=1024)
