"""The options that training by reward has for all models that draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vtb.diffusion.options import JUDGED, MACHINE, TRAINING, DrawingOptions
from vtb.errors import UsageProblem
from vtb.stage.fields import option

REWARD, ROLLOUTS = "Rewards", "Drawings to learn from"  # headings of the help


@dataclass(frozen=True)
class RewardedOptions(DrawingOptions):
    """How to train by reward; the defaults are those of Flow-GRPO's paper and code, where they have one."""

    reward: str = option("drawn", metavar="NAME", group=REWARD, help="What pays: drawn (the puzzles' own judges).")
    reward_weights: str | None = option(
        None, metavar="PART=X,...", group=REWARD,
        help="Weights of the reward's parts (docs/rewards.md), for example correct=1,near=0.5; parts that are left out "
             "keep theirs.",
    )  # fmt: skip
    generations: int = option(16, low=2, group=ROLLOUTS, help="Drawings of each puzzle that are compared.")
    rollout_steps: int = option(
        10, low=2, group=ROLLOUTS, help="Steps of the sampler for each; fewer than an evaluation takes are enough."
    )
    noise_level: float = option(
        0.7, low=0, above=True, high=10, group=ROLLOUTS,
        help="How much noise the steps that are learned from have; more explores more, and spoils more pictures.",
    )  # fmt: skip
    window: int = option(
        2, low=1, group=ROLLOUTS,
        help="How many steps of a drawing have noise and are learned from: in a row, at a random place of the first "
             "half. The last step never has any.",
    )  # fmt: skip
    epochs: float = option(
        1.0, low=0, high=1e6, above=True, group=TRAINING,
        help="Passes over the data; rows that nobody can judge are counted, too, and left out.",
    )  # fmt: skip
    batch_size: int = option(
        1, low=1, group=TRAINING, help="Puzzles per process and update, each with all its drawings."
    )
    iterations: int = option(
        1, low=1, group=TRAINING,
        help="Updates from the same drawings; the log counts them as one. Ratios differ from 1 only after the first.",
    )  # fmt: skip
    clip_range: float = option(
        1e-4, low=0, above=True, high=1, group=TRAINING,
        help="By how much the ratio of a step's likelihoods, a mean over its elements, may differ from 1.",
    )  # fmt: skip
    beta: float = option(
        0.004, low=0, group=TRAINING,
        help="Weight of the distance (KL) to the model before training; 0 keeps no copy of it.",
    )  # fmt: skip
    judge_steps: int = option(
        50, low=0, group=JUDGED,
        help="Updates between two evaluations, in which held-out puzzles are solved and judged; there is one at the "
             "start and one at the end besides. 0 for none at all.",
    )  # fmt: skip
    save_steps: int = option(
        50, low=1, affects_output=False, group=MACHINE,
        help="Updates between checkpoints; each is copied to the output while training goes on.",
    )  # fmt: skip
    judge_inference_steps: int = option(40, low=2, group=JUDGED, help="Steps of the sampler for each.")

    def __post_init__(self) -> None:
        """Weights are looked at before any input is."""
        self.weights()
        if self.window >= self.rollout_steps:
            raise UsageProblem(
                f"--window {self.window}: the last of --rollout-steps {self.rollout_steps} has no noise: give "
                f"{self.rollout_steps - 1} at most"
            )

    def weights(self) -> dict[str, float]:
        """Of all parts of the reward."""
        from vtb.rewards.registry import find_drawing_reward, read_weights

        return read_weights(find_drawing_reward(self.reward), self.reward_weights)

    def recorded(self) -> dict[str, Any]:
        """With all weights, whether they were given or not."""
        return {**super().recorded(), "weights": self.weights()}
