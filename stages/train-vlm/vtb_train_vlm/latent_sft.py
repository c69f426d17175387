"""``vtb-train-vlm latent-sft``: supervised training to think in latents between words (ILVR, arXiv 2512.05665)."""

from __future__ import annotations

from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.run import Run
from vtb_train_vlm.latent_options import Options

STAGE = Stage(
    command="vtb-train-vlm latent-sft",
    summary="Train a vision-language model to think in latents between its words.",
    version=1,
    image="vtb/train-vlm",
    reads=("latent-dataset",),
    writes=("adapter", "checkpoint"),
    kind_option=("tuner", {"lora": "adapter", "full": "checkpoint"}),
    resources=Resources(cpu="8", memory="64Gi", gpu=1, disk="100Gi", shared_memory="16Gi"),
    gang=True,
    model_cache=True,
    grace_s=600,
)


@stage_command(STAGE, Options)
def latent_sft(run: Run, options: Options) -> None:
    """Train a vision-language model to think in latents between its words.

    Reads a latent-dataset artifact: answers in words with pictures in between, each of which becomes a segment of
    --latent-size hidden states. In stage 1 a teacher chooses which features of the picture they are taught to be; stage
    2 goes on from such a model with its own states. `vtb-eval predict` decodes what it writes. Checkpoints are copied
    to the output while training goes on: a run that was cut off continues from the newest when the same command runs
    again, and SIGTERM saves one and exits 75.

    Example: vtb-train-vlm latent-sft --input out/plans --model out/tiny --output out/thinks
    """
    from vtb_train_vlm.latent_training import train_latents  # what a help text does without

    train_latents(run, options)
