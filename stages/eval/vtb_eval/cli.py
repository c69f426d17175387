"""``vtb-eval``: predict, then score."""

from __future__ import annotations

import click

from vtb.stage.group import StageGroup
from vtb_eval.predict import predict
from vtb_eval.score import score


@click.group("vtb-eval", cls=StageGroup)
def main() -> None:
    """Let models answer puzzles, and judge the answers."""


main.add_command(predict)
main.add_command(score)
