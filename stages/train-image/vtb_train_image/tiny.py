"""``vtb-train-image tiny-model``: a tiny random model, to try everything without a GPU or a download."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vtb.diffusion.tiny.stage import make_tiny
from vtb.diffusion.variants import IMAGE
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.fields import StageOptions, option
from vtb.stage.run import Run

STAGE = Stage(
    command="vtb-train-image tiny-model",
    summary="Build a tiny random image-editing model of a real architecture, offline.",
    version=1,
    image="vtb/train-image",
    writes=("checkpoint",),
    resources=Resources(cpu="1", memory="4Gi"),
    output_argument=True,
)


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options."""

    variant: str = option(
        "qwen-image-edit-2511", choices=IMAGE,
        help="Which model it stands for; these four have one architecture, and differ in how they are asked.",
    )  # fmt: skip
    size: Literal["tiny", "small"] = option(
        "tiny",
        help="tiny, 0.3 million weights in the denoiser, shows that a pipeline works; small, 2.5 million on latents by "
             "a fixed transform, can learn small mazes from nothing.",
    )  # fmt: skip


@stage_command(STAGE, Options)
def tiny_model(run: Run, options: Options) -> None:
    """Build a tiny random image-editing model of a real architecture, offline.

    The model knows nothing, but every stage treats it like a real one: a denoiser of 0.3 million weights (2.5 million
    with --size small), a text encoder and a VAE of the same kinds as Qwen-Image-Edit's.

    Example: vtb-train-image tiny-model --variant qwen-image-edit out/tiny
    """
    make_tiny(run, options, options.variant, small=options.size == "small")
