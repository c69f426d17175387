"""What one training by reward of a model that draws is given."""

from __future__ import annotations

from vtb.diffusion.job import Job


class GrpoJob(Job, frozen=True, kw_only=True):
    """One training; ``batch_size`` is puzzles per process and update, each with all its drawings.

    Attributes:
        generations: drawings of each puzzle that are compared.
        rollout_steps: steps of the sampler for each.
        noise_level: of the steps that are learned from.
        window: how many of the steps are.
        iterations: updates from the same drawings.
        clip_range: by how much ratios may differ from 1.
        beta: weight of the distance to the model before training.
        reward: of the drawings.
        weights: of its parts.
    """

    generations: int
    rollout_steps: int
    noise_level: float
    window: int
    iterations: int
    clip_range: float
    beta: float
    reward: str
    weights: dict[str, float]
