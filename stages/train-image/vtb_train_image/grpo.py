"""``vtb-train-image grpo``: rewards for what the model draws (Flow-GRPO, arXiv 2505.05470)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vtb.diffusion.grpo_options import RewardedOptions
from vtb.diffusion.variants import VARIANTS
from vtb.stage.command import stage_command
from vtb.stage.run import Run
from vtb_train_image import sft

STAGE = replace(
    sft.STAGE,
    command="vtb-train-image grpo",
    summary="Train an image-editing model on rewards for its own drawings (GRPO), by LoRA or fully.",
)


@dataclass(frozen=True)
class Options(RewardedOptions, sft.Options):
    """The command's own options."""


@stage_command(STAGE, Options)
def grpo(run: Run, options: Options) -> None:
    """Train an image-editing model on rewards for its own drawings (GRPO), by LoRA or fully.

    The model draws the answer to each puzzle several times, with a sampler that has chance in some of its steps, and
    learns from what the better drawings have ahead of the others by the judges of the puzzles' families. Checkpoints,
    held-out puzzles, stopping and going on are as in sft. Start from a model that solves some puzzles.

    Example: vtb-train-image grpo --input out/pairs --model out/tuned --output out/adapter --reward-weights near=0.5
    """
    from vtb.diffusion.grpo_training import BY_REWARD
    from vtb.diffusion.training import train_drawing

    experts = [expert.name for expert in VARIANTS[options.variant].experts]
    train_drawing(run, options, options.variant, experts, options.edit_pixels, BY_REWARD)
