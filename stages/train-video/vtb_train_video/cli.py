"""``vtb-train-video``: one subcommand per way of training."""

from __future__ import annotations

import click

from vtb.stage.group import StageGroup
from vtb.stage.on_demand import OnDemand

SUBCOMMANDS = OnDemand(
    {
        "sft": "vtb_train_video.sft:sft",
        "grpo": "vtb_train_video.grpo:grpo",
        "tiny-model": "vtb_train_video.tiny:tiny_model",
    }
)


@click.group("vtb-train-video", cls=StageGroup, commands=SUBCOMMANDS)
def main() -> None:
    """Train video models with DiffSynth-Studio."""
