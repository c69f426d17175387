"""``vtb-train-image``: one subcommand per way of training."""

from __future__ import annotations

import click

from vtb.stage.group import StageGroup
from vtb_train_image.sft import sft
from vtb_train_image.tiny import tiny_model


@click.group("vtb-train-image", cls=StageGroup)
def main() -> None:
    """Train image-editing models with DiffSynth-Studio."""


main.add_command(sft)
main.add_command(tiny_model)
