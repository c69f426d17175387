"""The options that training has for all models that draw."""

from __future__ import annotations

from dataclasses import dataclass

from vtb.engine.loop_options import JUDGED, MACHINE, MODEL, TRAINING, LoopOptions
from vtb.stage.fields import option

__all__ = ["JUDGED", "MACHINE", "MODEL", "TRAINING", "DrawingOptions"]


@dataclass(frozen=True)
class DrawingOptions(LoopOptions):
    """How to train, and on what; which model there is to train is each stage's own."""

    batch_size: int = option(
        1, low=1, group=TRAINING, help="Samples per process and update; they are computed one after the other."
    )
    judge_steps: int = option(
        1000, low=0, group=JUDGED,
        help="Updates between two evaluations, in which held-out puzzles are solved and judged; there is one at the "
             "start and one at the end besides. 0 for none at all.",
    )  # fmt: skip
    judge_count: int = option(8, low=1, group=JUDGED, help="Puzzles to solve, the first of the validation rows.")
    judge_inference_steps: int = option(10, low=2, group=JUDGED, help="Steps of the sampler for each.")
    cache: bool = option(
        False, affects_output=False, group=MACHINE,
        help="Compute text and VAE features once and keep them in the cache folder; later epochs and runs read them.",
    )  # fmt: skip
