"""``vtb-train-video tiny-model``: a tiny random model, to try everything without a GPU or a download."""

from __future__ import annotations

from dataclasses import dataclass

from vtb.diffusion.tiny.stage import make_tiny
from vtb.diffusion.variants import VIDEO
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.fields import StageOptions, option
from vtb.stage.run import Run

STAGE = Stage(
    command="vtb-train-video tiny-model",
    summary="Build a tiny random video model of a real architecture, offline.",
    version=1,
    image="vtb/train-video",
    writes=("checkpoint",),
    resources=Resources(cpu="1", memory="4Gi"),
    output_argument=True,
)


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options."""

    variant: str = option("wan2.2-ti2v-5b", choices=VIDEO, help="Which model it stands for.")


@stage_command(STAGE, Options)
def tiny_model(run: Run, options: Options) -> None:
    """Build a tiny random video model of a real architecture, offline.

    The model knows nothing, but every stage treats it like a real one: a denoiser of 0.3 million weights (two for the
    A14B models), a text encoder and a VAE of the same kinds as Wan2.2's.

    Example: vtb-train-video tiny-model --variant wan2.2-i2v-a14b out/tiny
    """
    make_tiny(run, options, options.variant)
