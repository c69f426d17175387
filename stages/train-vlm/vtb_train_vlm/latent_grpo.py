"""``vtb-train-vlm latent-grpo``: rewards for a model that thinks in latents, one of them for needing to."""

from __future__ import annotations

from dataclasses import replace

from vtb.stage.command import stage_command
from vtb.stage.run import Run
from vtb_train_vlm import latent_sft
from vtb_train_vlm.latent_grpo_options import Options

STAGE = replace(
    latent_sft.STAGE,
    command="vtb-train-vlm latent-grpo",
    summary="Train a model that thinks in latents on rewards for its own answers (GRPO).",
    reads=("swift-dataset", "latent-dataset"),
)


@stage_command(STAGE, Options)
def latent_grpo(run: Run, options: Options) -> None:
    """Train a model that thinks in latents on rewards for its own answers (GRPO).

    The model, one of latent-sft, answers each question several times, latents and all, and learns from what the better
    answers have ahead of the others: the judge's verdict, how latents were used, and necessity, the reward for latents
    that the answer really needs. Latents count for nothing in the likelihood of an answer. Checkpoints, stopping and
    going on are as in latent-sft; completions.html shows what the model wrote at each evaluation.

    Example: vtb-train-vlm latent-grpo --input out/dataset --model out/thinks --output out/needs --controls 4
    """
    from vtb_train_vlm.latent_grpo_training import train_by_reward  # what a help text does without

    train_by_reward(run, options)
