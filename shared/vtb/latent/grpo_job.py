"""What one training by reward of a model that thinks in latents is given."""

from __future__ import annotations

from typing import Literal

from vtb.engine.training_job import Judging, TrainingJob


class GrpoJob(TrainingJob, frozen=True, kw_only=True):
    """One training; ``batch_size`` is one question, since a group is never split.

    Attributes:
        grad_accum: questions per process and update.
        generations: answers to each question that are compared.
        controls: further answers to each for which latents are forbidden, only to compare with.
        latent: ``auto``, or ``force``: every answer begins with latents.
        temperature: of the sampling.
        max_new_tokens: longest answer in tokens, latents included.
        beta: weight of the distance to the model before training.
        reward: of the words.
        weights: of all parts of the reward.
        necessity: by which contrast.
        most_segments: that an answer may have.
        max_pixels: larger pictures are scaled down to this many pixels.
        tune_vision: train the vision tower, too.
        judging: of held-out questions, where it is wanted.
    """

    grad_accum: int
    generations: int
    controls: int
    latent: Literal["auto", "force"]
    temperature: float
    max_new_tokens: int
    beta: float
    reward: str
    weights: dict[str, float]
    necessity: str
    most_segments: int
    max_pixels: int
    tune_vision: bool
    judging: Judging | None
