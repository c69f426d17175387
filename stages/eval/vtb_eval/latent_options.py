"""The options of models that think in latents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vtb.stage.fields import StageOptions, option

LATENTS = "Models that think in latents"


@dataclass(frozen=True)
class LatentOptions(StageOptions):
    """How such a model answers."""

    latent: Literal["auto", "force", "forbid"] = option(
        "auto", group=LATENTS,
        help="Let the model decide when it thinks in latents, begin every answer with them, or forbid them.",
    )  # fmt: skip
    latent_early_end: bool = option(
        False, group=LATENTS,
        help="Let the model end a segment before it has as many latents as in training, by what it would say next, as "
             "in ILVR's released code.",
    )  # fmt: skip
    latent_ablations: bool = option(
        False, group=LATENTS,
        help="Also answer with the latents dropped, replaced by noise, by those of another question of the batch, and "
             "forbidden; vtb-eval score then tells whether they matter. Five times the work.",
    )  # fmt: skip
