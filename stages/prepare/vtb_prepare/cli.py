"""``vtb-prepare``: one subcommand per kind of model."""

from __future__ import annotations

import click

from vtb_prepare.vlm import vlm


@click.group("vtb-prepare", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Write puzzles in the form that a training engine reads."""


main.add_command(vlm)
