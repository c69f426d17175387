"""``vtb-eval``: predict, then score."""

from __future__ import annotations

import click

from vtb_eval.predict import predict
from vtb_eval.score import score


@click.group("vtb-eval", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Let models answer puzzles, and judge the answers."""


main.add_command(predict)
main.add_command(score)
