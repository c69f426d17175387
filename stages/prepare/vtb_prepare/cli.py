"""``vtb-prepare``: one subcommand per kind of model."""

from __future__ import annotations

import click

from vtb.stage.group import StageGroup
from vtb.stage.on_demand import OnDemand

SUBCOMMANDS = OnDemand(
    {
        "vlm": "vtb_prepare.vlm:vlm",
        "image": "vtb_prepare.image:image",
        "video": "vtb_prepare.video:video",
        "vsi": "vtb_prepare.vsi:vsi",
        "questions": "vtb_prepare.questions:questions",
        "virl39k": "vtb_prepare.virl39k:virl39k",
        "latent": "vtb_prepare.latent:latent",
        "dynamic": "vtb_prepare.dynamic:dynamic",
    }
)


@click.group("vtb-prepare", cls=StageGroup, commands=SUBCOMMANDS)
def main() -> None:
    """Write puzzles in the form that a training engine reads."""
