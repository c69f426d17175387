"""``vtb-train-vlm``: one subcommand per way of training."""

from __future__ import annotations

import click

from vtb.stage.group import StageGroup
from vtb_train_vlm.grpo import grpo
from vtb_train_vlm.merge import merge
from vtb_train_vlm.rollout import rollout
from vtb_train_vlm.sft import sft
from vtb_train_vlm.tiny import tiny_model


@click.group("vtb-train-vlm", cls=StageGroup)
def main() -> None:
    """Train vision-language models with ms-swift."""


main.add_command(sft)
main.add_command(grpo)
main.add_command(rollout)
main.add_command(merge)
main.add_command(tiny_model)
