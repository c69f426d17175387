"""What one training of a model with geometry is given."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from vtb.engine.training_job import Judging, TrainingJob

# select: what the question asks for, in few tokens; concat: all of it, a token for each vision token; none: nothing.
Geometry = Literal["select", "concat", "none"]
QUERIES = 32  # tokens of selected geometry


class Job(TrainingJob, frozen=True, kw_only=True):
    """One training. Steps and warm-up are known when rows have been packed (``vtb.geometry.packing``).

    Attributes:
        geometry: what the model sees of it.
        encoder: the folder of the geometry encoder; None where the model has one, or needs none.
        queries: tokens of selected geometry.
        tune_llm: train the language model.
        tune_vision: train the vision tower.
        tune_merger: train its merger.
        merger_rate: peak learning rate of the merger and of all that is new.
        vision_rate: of the vision tower.
        grad_accum: packs of a process whose gradients make one update.
        epochs: passes over the packs.
        max_steps: updates instead, where it is said.
        warmup_share: share of the updates until the peak, where ``warmup`` is 0.
        max_length: longest pack, and so longest row, in tokens.
        max_pixels: larger pictures and frames are scaled down to this many pixels.
        offload: keep the optimizer's state and float32 weights in the machine's memory, bfloat16 alone on the GPU.
        judging: of held-out rows, where it is wanted.
    """

    geometry: Geometry
    encoder: Path | None
    queries: int
    tune_llm: bool
    tune_vision: bool
    tune_merger: bool
    merger_rate: float
    vision_rate: float
    grad_accum: int
    epochs: float
    max_steps: int | None
    warmup_share: float
    max_length: int
    max_pixels: int
    offload: bool
    judging: Judging | None
