"""``vtb-train-video grpo``: rewards for the clips that a model draws (DanceGRPO, arXiv 2505.07818; Flow-GRPO)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vtb.diffusion.grpo_options import RewardedOptions
from vtb.stage.command import stage_command
from vtb.stage.run import Run
from vtb_train_video import sft

STAGE = replace(
    sft.STAGE,
    command="vtb-train-video grpo",
    summary="Train a video model on rewards for its own clips (GRPO), by LoRA or fully.",
)


@dataclass(frozen=True)
class Options(RewardedOptions, sft.Options):
    """The command's own options."""

    def __post_init__(self) -> None:
        """What either refuses."""
        sft.Options.__post_init__(self)
        RewardedOptions.__post_init__(self)


@stage_command(STAGE, Options)
def grpo(run: Run, options: Options) -> None:
    """Train a video model on rewards for its own clips (GRPO), by LoRA or fully.

    The model draws the clip that solves a puzzle several times, with a sampler that has chance in some of its steps,
    and learns from what the better clips have ahead of the others by the judges of the puzzles' families. Checkpoints,
    held-out puzzles, stopping and going on are as in sft. Start from a model that solves some puzzles.

    Example: vtb-train-video grpo --input out/clips --model out/tuned --output out/adapter --reward-weights near=0.5
    """
    from vtb.diffusion.grpo_training import BY_REWARD
    from vtb.diffusion.training import train_drawing

    train_drawing(run, options, options.variant, options.experts, 1024, BY_REWARD)
