"""``vtb-train-vlm``: one subcommand per way of training."""

from __future__ import annotations

import click

from vtb.stage.group import StageGroup
from vtb.stage.on_demand import OnDemand

SUBCOMMANDS = OnDemand(
    {
        "sft": "vtb_train_vlm.sft:sft",
        "grpo": "vtb_train_vlm.grpo:grpo",
        "rollout": "vtb_train_vlm.rollout:rollout",
        "latent-sft": "vtb_train_vlm.latent_sft:latent_sft",
        "latent-grpo": "vtb_train_vlm.latent_grpo:latent_grpo",
        "geometry": "vtb_train_vlm.geometry:geometry",
        "merge": "vtb_train_vlm.merge:merge",
        "tiny-model": "vtb_train_vlm.tiny:tiny_model",
    }
)


@click.group("vtb-train-vlm", cls=StageGroup, commands=SUBCOMMANDS)
def main() -> None:
    """Train vision-language models with ms-swift."""
