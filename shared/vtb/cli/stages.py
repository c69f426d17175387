"""``vtb stages``: what is installed."""

from __future__ import annotations

import json

import click

from vtb.stage.describe import describe
from vtb.stage.registry import installed


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the whole contract of every stage.")
def stages(as_json: bool) -> None:
    """List the stages that are installed, with what they read and write.

    Example: vtb stages
    """
    found = installed()
    if as_json:
        click.echo(json.dumps([describe(stage.command) for stage in found.values()], indent=1))
        return
    for entry in found.values():
        stage = entry.stage
        reads = " or ".join(stage.reads) or "nothing"
        click.echo(f"{stage.command:26} {reads} -> {' or '.join(stage.writes)}: {stage.summary}")
