"""The options of ``vtb-train-vlm latent-grpo``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from vtb.engine.loop_options import JUDGED, TRAINING
from vtb.errors import UsageProblem
from vtb.stage.fields import option
from vtb_train_vlm.latent_options import LatentOptions

REWARD, GENERATION = "Rewards", "Generation"


@dataclass(frozen=True)
class Options(LatentOptions):
    """The command's own options."""

    reward: str = option(
        "vtb", metavar="NAME", group=REWARD, help="Who judges the words: vtb (the puzzles' own judges) or vsi."
    )
    preset: Literal["plain", "all-penalties"] = option(
        "plain", group=REWARD,
        help="Weights to begin with: all-penalties also takes away for too many segments, malformed ones, latents that "
             "were not needed, and answers that were cut off.",
    )  # fmt: skip
    reward_weights: str | None = option(
        None, metavar="PART=X,...", group=REWARD,
        help="Weights of single parts and penalties (docs/rewards.md), for example correct=1,necessity=0.5; what is "
             "left out keeps that of the preset.",
    )  # fmt: skip
    necessity: Literal["group", "replay", "likelihood"] = option(
        "group", group=REWARD,
        help="How it is found whether latents were needed: against the answers of the group without them, by repeating "
             "an answer without them, or by how much less likely it becomes.",
    )  # fmt: skip
    most_segments: int = option(4, low=1, group=REWARD, help="Segments that an answer may have.")
    generations: int = option(8, low=2, group=GENERATION, help="Answers to each question that are compared.")
    controls: int = option(
        0, low=0, group=GENERATION,
        help="Further answers to each for which latents are forbidden: nothing is learned from them, the necessity of "
             "the group is found against them. Without any, it is 0 as long as all answers use latents.",
    )  # fmt: skip
    latent: Literal["auto", "force"] = option(
        "auto", group=GENERATION,
        help="Let the model decide when it thinks in latents, or begin every answer with them.",
    )  # fmt: skip
    temperature: float = option(1.0, low=0.01, group=GENERATION, help="Temperature of the sampling.")
    max_new_tokens: int = option(512, low=1, group=GENERATION, help="Longest answer in tokens, latents included.")
    learning_rate: float = option(1e-6, low=0, above=True, group=TRAINING, help="Peak learning rate of AdamW.")
    beta: float = option(0.01, low=0, group=TRAINING, help="Weight of the distance (KL) to the model before training.")
    grad_accum: int = option(16, low=1, group=TRAINING, help="Questions per process and update.")
    judge_steps: int = option(
        20, low=0, group=JUDGED,
        help="Updates between two evaluations of held-out questions; there is one at the start and one at the end "
             "besides. 0 for none at all.",
    )  # fmt: skip
    judge_count: int = option(16, low=1, group=JUDGED, help="Questions to ask, the first of the validation rows.")

    def __post_init__(self) -> None:
        """Weights are looked at before any input is."""
        self.weights()
        if self.latent == "force" and self.necessity == "group" and not self.controls and self.weights()["necessity"]:
            raise UsageProblem(
                "--latent force leaves no answer without latents to compare with: give --controls, another "
                "--necessity, or --reward-weights necessity=0"
            )

    def weights(self) -> dict[str, float]:
        """Of all parts and penalties."""
        from vtb.latent.rewards import weights_of
        from vtb.rewards.registry import find_reward

        return weights_of(find_reward(self.reward), self.preset, self.reward_weights)

    def recorded(self) -> dict[str, Any]:
        """With all weights, whichever preset they come from."""
        return {**super().recorded(), "weights": self.weights()}
