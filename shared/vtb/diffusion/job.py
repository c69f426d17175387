"""What one training of a model that draws is given."""

from __future__ import annotations

from pathlib import Path

from vtb.diffusion.drawn_form import DrawnForm
from vtb.engine.training_job import Interval, TrainingJob


class Judging(Interval, frozen=True, kw_only=True):
    """How held-out puzzles are solved while training goes on.

    Attributes:
        inference_steps: steps of the sampler.
    """

    inference_steps: int


class Job(TrainingJob, frozen=True, kw_only=True):
    """One training; ``steps`` are those of all experts together.

    Attributes:
        variant: name of the model.
        experts: names of the denoisers to train, one after the other.
        edit_pixels: pictures to edit are scaled to about so many.
        cache: the folder of features to keep, where they are kept.
        judging: of held-out puzzles, where it is wanted.
        form: of what the rows draw.
    """

    variant: str
    experts: tuple[str, ...]
    edit_pixels: int
    cache: Path | None
    judging: Judging | None
    form: DrawnForm = DrawnForm()
