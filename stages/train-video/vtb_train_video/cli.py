"""``vtb-train-video``: one subcommand per way of training."""

from __future__ import annotations

import click

from vtb.stage.group import StageGroup
from vtb_train_video.sft import sft
from vtb_train_video.tiny import tiny_model


@click.group("vtb-train-video", cls=StageGroup)
def main() -> None:
    """Train video models with DiffSynth-Studio."""


main.add_command(sft)
main.add_command(tiny_model)
