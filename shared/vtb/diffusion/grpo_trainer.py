"""Training by reward of a model that draws (Flow-GRPO, arXiv 2505.05470; of clips DanceGRPO, arXiv 2505.07818).

A process draws the answer to one puzzle several times, and learns from what the better drawings have ahead of the
others. All drawings of a puzzle are made and compared in one process, so that a group is never split.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vtb.diffusion.features import TARGET, Features, model_arguments
from vtb.diffusion.grpo_job import GrpoJob
from vtb.diffusion.held_out import HeldOut
from vtb.diffusion.policy import make_policy
from vtb.diffusion.rollouts import Exploring, Step, draw_by_chance, drawn_part, moments_of
from vtb.diffusion.rows import Sample
from vtb.diffusion.stochastic import clipped_loss, log_prob, step_distance
from vtb.diffusion.trainer import Trainer
from vtb.diffusion.variants import Variant
from vtb.engine.advantages import advantages
from vtb.engine.kept_weights import KeptWeights
from vtb.engine.stop_signal import StopSignal
from vtb.media.image import Image
from vtb.rewards.registry import find_drawing_reward
from vtb.rewards.reward import total
from vtb.rng import sample_seed
from vtb.tasks.example import Example

Question = tuple[Example, Sample]


@dataclass
class Group:
    """The drawings of one puzzle.

    Attributes:
        given: the puzzle's features, as the engine's ``model_fn`` takes them.
        steps: those that are learned from, of each drawing.
        worth: the advantage of each drawing.
        figures: what the log says of them.
        old: log-probabilities of all steps when they were drawn, as soon as they are known.
    """

    given: Mapping[str, Any]
    steps: Sequence[Sequence[Step]]
    worth: Sequence[float]
    figures: Mapping[str, float]
    old: list[Any]


class GrpoTrainer(Trainer):
    """One training of one model, in one of the processes that share it."""

    job: GrpoJob

    def __init__(
        self, job: GrpoJob, variant: Variant, pipe: Any, features_of: Callable[[int], Features],
        questions: Callable[[int], Question], rows: int, accelerator: Any, stop: StopSignal,
        puzzles: Sequence[HeldOut] = (),
    ) -> None:  # fmt: skip
        """As ``Trainer``; ``questions`` gives what a row asks, by its number.

        Raises:
            BadInput: a denoiser has no step to learn from.
        """
        import torch

        self._questions, self._reward = questions, find_drawing_reward(job.reward)
        super().__init__(job, variant, pipe, features_of, rows, accelerator, stop, puzzles)
        self._how = Exploring(job.rollout_steps, job.noise_level, job.window)
        if variant.moving:  # the levels of noise do not depend on the picture: better now than when its turn has come
            for expert in self.experts:
                moments_of(pipe, variant, torch.zeros(1, 1, 1, 1, 1), self._how, expert, job.seed, 0)

    def make_module(self, places: Mapping[str, str]) -> Any:
        """The policy; the model before training is the one that is there now, before any checkpoint is loaded."""
        policy = make_policy(self.pipe, places, checkpointing=self.job.gradient_checkpointing)
        self.policy, self.before = policy, KeptWeights(policy) if self.job.beta else None
        return policy

    def worth(self, example: Example, frames: Sequence[Image], asked: Sample) -> tuple[Mapping[str, float], float]:
        """The parts of the reward of a drawing, and their weighted sum."""
        shown = asked.shown[0] if asked.shown else None
        parts = self._reward.parts(example, frames, shown, moving=self.variant.moving)
        return parts, total(parts, self.job.weights)

    def backward(self) -> list[Mapping[str, float]]:
        """Puzzle after puzzle; where several updates are made of the same drawings, all but the last here."""
        groups = [self._drawn(place) for place in range(self.job.batch_size)]
        for _ in range(self.job.iterations - 1):
            self._learn(groups)
            self.clip()
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
        return self._learn(groups)

    def _drawn(self, place: int) -> Group:
        """The drawings of one puzzle, and what they are worth beside each other."""
        import torch

        job, world = self.job, self.accelerator.num_processes
        number = (self.done * job.batch_size + place) * world + self.accelerator.process_index
        row, expert = self.order.row_of(number), self.expert_of(self.done)
        features, (example, asked) = self._features_of(row), self._questions(row)
        moments = moments_of(self.pipe, self.variant, features[TARGET], self._how, expert, job.seed, number)
        denoisers = {each.name: getattr(self.pipe, each.attribute) for each in self.variant.experts}
        steps, parts, sums = list[list[Step]](), list[Mapping[str, float]](), list[float]()
        for turn in range(job.generations):
            seed = sample_seed(job.seed, f"drawing/{number}", turn)
            drawing = draw_by_chance(self.pipe, self.variant, denoisers, features, moments, seed)
            found, reward = self.worth(example, drawing.frames, asked)
            steps.append(drawing.steps)
            parts.append(found)
            sums.append(reward)
        rewards = torch.tensor(sums, dtype=torch.float64)
        given = model_arguments(self.variant, features, self.pipe.device, self.pipe.torch_dtype)
        return Group(given, steps, advantages(rewards).tolist(), _figures(parts, rewards), [])

    def _learn(self, groups: Sequence[Group]) -> list[Mapping[str, float]]:
        """Add the gradients of all steps; what was drawn from the present weights has a ratio of 1."""
        share = 1 / sum(len(steps) for group in groups for steps in group.steps)
        found = list[Mapping[str, float]]()
        for group in groups:
            pairs = [(step, worth) for steps, worth in zip(group.steps, group.worth, strict=True) for step in steps]
            each = []
            for place, (step, worth) in enumerate(pairs):
                with self.exchanging(last=group is groups[-1] and place == len(pairs) - 1):
                    each.append(self._step(group, place, step, worth, share))
            means = {name: sum(one[name] for one in each) / len(each) for name in each[0]}
            found.append({**group.figures, **means})
        return found

    def _step(self, group: Group, place: int, step: Step, worth: float, share: float) -> dict[str, float]:
        job, spread = self.job, step.moment.deviation
        before = None if self.before is None else self._mean_before(self.before, group, step)
        mean = self.module(group.given, step)
        own = log_prob(drawn_part(step.found, group.given.get("first_frame_latents")), mean, spread)
        if len(group.old) == place:
            group.old.append(own.detach())
        loss, ratio = clipped_loss(own, group.old[place], worth, job.clip_range)
        apart = loss.new_zeros(()) if before is None else step_distance(mean, before, spread)
        loss = loss + job.beta * apart
        self.accelerator.backward(loss * share)
        clipped = abs(float(ratio) - 1) > job.clip_range
        return {
            "loss": float(loss.detach()), "kl": float(apart.detach()), "ratio": float(ratio),
            "clipped": float(clipped),
        }  # fmt: skip

    def _mean_before(self, weights: KeptWeights, group: Group, step: Step) -> Any:
        """Of the model before training: with its first LoRA, which did nothing, or the weights that it had."""
        import torch

        with torch.no_grad(), weights.in_place():
            return self.policy(group.given, step)

    def figures(self, losses: Sequence[Mapping[str, float]]) -> dict[str, float]:
        """The means over all groups."""
        return {name: sum(one[name] for one in losses) / len(losses) for name in losses[0]}


def _figures(parts: Sequence[Mapping[str, float]], rewards: Any) -> dict[str, float]:
    """What the log says of a group; ``alike`` is 1 where no drawing was worth more than another."""
    return {
        "reward": float(rewards.mean()), "reward_std": float(rewards.std()),
        **{f"reward_{name}": sum(one[name] for one in parts) / len(parts) for name in parts[0]},
        "alike": float(rewards.max() == rewards.min()),
    }  # fmt: skip
