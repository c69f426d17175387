"""``vtb-prepare``: one subcommand per kind of model."""

from __future__ import annotations

import click

from vtb.stage.group import StageGroup
from vtb_prepare.image import image
from vtb_prepare.questions import questions
from vtb_prepare.video import video
from vtb_prepare.vlm import vlm
from vtb_prepare.vsi import vsi


@click.group("vtb-prepare", cls=StageGroup)
def main() -> None:
    """Write puzzles in the form that a training engine reads."""


main.add_command(vlm)
main.add_command(image)
main.add_command(video)
main.add_command(vsi)
main.add_command(questions)
