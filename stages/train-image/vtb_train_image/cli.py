"""``vtb-train-image``: one subcommand per way of training."""

from __future__ import annotations

import click

from vtb.stage.group import StageGroup
from vtb.stage.on_demand import OnDemand

SUBCOMMANDS = OnDemand(
    {
        "sft": "vtb_train_image.sft:sft",
        "grpo": "vtb_train_image.grpo:grpo",
        "tiny-model": "vtb_train_image.tiny:tiny_model",
    }
)


@click.group("vtb-train-image", cls=StageGroup, commands=SUBCOMMANDS)
def main() -> None:
    """Train image-editing models with DiffSynth-Studio."""
