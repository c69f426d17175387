"""``vtb-eval``: predict, then score."""

from __future__ import annotations

import click

from vtb.stage.group import StageGroup
from vtb.stage.on_demand import OnDemand

SUBCOMMANDS = OnDemand(
    {
        "predict": "vtb_eval.predict:predict",
        "score": "vtb_eval.score:score",
    }
)


@click.group("vtb-eval", cls=StageGroup, commands=SUBCOMMANDS)
def main() -> None:
    """Let models answer puzzles, and judge the answers."""
