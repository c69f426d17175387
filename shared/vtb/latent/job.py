"""What one training of a model that thinks in latents is given."""

from __future__ import annotations

from typing import Literal

from vtb.engine.training_job import Judging, TrainingJob
from vtb.latent.selection import Selection


class Job(TrainingJob, frozen=True, kw_only=True):
    """One supervised training.

    Attributes:
        latent_size: latents of a segment; 0 leaves segments out, the baseline of words alone.
        stage: 1 teaches what latents stand for, 2 lets them be the model's own states.
        grad_accum: steps whose gradients make one update.
        word_weight: of the cross-entropy.
        latent_weight: of the similarity.
        teacher_decay: tau of the teacher's moving average; 1 for weights that stay.
        selection: which features of a picture are taught.
        coverage: share of the probability that the chosen ones make up.
        selection_temperature: of that probability.
        max_length: longest row in tokens.
        max_pixels: larger pictures are scaled down to this many pixels.
        tune_vision: train the vision tower, too.
        judging: of held-out questions, where it is wanted.
    """

    latent_size: int
    stage: Literal[1, 2]
    grad_accum: int
    word_weight: float
    latent_weight: float
    teacher_decay: float
    selection: Selection
    coverage: float
    selection_temperature: float
    max_length: int
    max_pixels: int
    tune_vision: bool
    judging: Judging | None
