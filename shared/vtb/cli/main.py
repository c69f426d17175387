"""``vtb``: run pipelines, look at artifacts, list stages."""

from __future__ import annotations

import click

import vtb
from vtb.cli.doctor import doctor
from vtb.cli.gallery import gallery
from vtb.cli.render import render
from vtb.cli.run import run
from vtb.cli.show import show
from vtb.cli.stages import stages
from vtb.cli.status import cancel, logs, status
from vtb.cli.weights import weights


@click.group(
    "vtb",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "auto_envvar_prefix": "VTB"},
)
@click.version_option(vtb.__version__, message="vtb-train %(version)s")
def main() -> None:
    """Run pipelines of vtb-train's stages, and look at what they made."""


for command in (run, status, logs, cancel, show, gallery, stages, render, doctor, weights):
    main.add_command(command)
