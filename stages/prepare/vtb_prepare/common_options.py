"""Options that several of the commands have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtb.stage.fields import StageOptions, option
from vtb_prepare.quality import max_bad_option


def val_option() -> Any:
    """How many puzzles of an input without splits go into val."""
    return option(
        0.05, low=0, high=1,
        help="Share of puzzles for val where the input has no splits; a curated input keeps its own.",
    )  # fmt: skip


@dataclass(frozen=True)
class DrawnOptions(StageOptions):
    """The options of every such command."""

    per_task: int | None = option(None, low=1, help="At most so many samples of each task for train.")
    wordings: Path | None = option(
        None, file=True, existing=True, affects_output=False, metavar="FILE",
        help='JSON with other wordings of the prompts by task, as {"midpoint": ["Draw ..."]}; they and the puzzle\'s '
             "own take turns in training.",
    )  # fmt: skip
    val: float = val_option()
    max_bad: float = max_bad_option(0.0, "samples that may lack a solution or be damaged")
