"""What every launcher of ``vtb run`` is given, and how it says that something cannot be run."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import click

from vtb.errors import VtbError
from vtb.pipeline.step import Pipeline, Step
from vtb.stage.options import VtbOption

log = logging.getLogger("vtb.run")
settings_option = click.option(
    "--set",
    "settings",
    cls=VtbOption,
    multiple=True,
    metavar="[STEP.]OPTION=VALUE",
    help="Change an option of one step, or of every step that has it. May be repeated.",
)


@dataclass(frozen=True)
class Work:
    """What is to be run: a pipeline with its settings, the chosen steps, and where they write."""

    file: Path
    pipeline: Pipeline
    steps: tuple[Step, ...]
    store: str
    settings: tuple[str, ...]
    only: tuple[str, ...]


def refuse(problems: list[VtbError]) -> None:
    """Tell all problems; the exit code is that of the first."""
    if len(problems) == 1:
        raise problems[0]
    for problem in problems:
        log.error("%s", problem)
    if problems:
        raise type(problems[0])(f"{len(problems)} problems, told above; nothing was started")
