"""Puts our rewards into the engine's table, and keeps what the model writes when it is evaluated.

The engine's own log of completions has no names of rows; here a line has the row's, so that the pictures can be shown
beside the words: ``{"step", "id", "solution", "completion", "parts"}``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.rewards.engines import batch_parts, swift_part
from vtb.rewards.registry import rewards

# The file of the rows that are evaluated, and the one that the lines are appended to.
EVALUATED, COMPLETIONS = "VTB_EVALUATED_ROWS", "VTB_COMPLETIONS"


def part_names(reward: str) -> list[str]:
    """The names under which the engine knows the parts of a reward, in their order."""
    return [f"{reward}_{part}" for part in rewards()[reward].weights]


def register() -> None:
    """Every part of every reward under ``reward_part``."""
    from swift.rewards import orms

    keep = _keeper()
    for reward in rewards().values():
        classes = [swift_part(reward.name, part) for part in reward.weights]
        if keep is not None:
            classes[0] = _keeping(classes[0], reward.name, keep)
        orms.update({made.__name__: made for made in classes})


def _keeping(made: type[Any], reward: str, keep: Callable[[str, Sequence[str], Mapping[str, Any]], None]) -> type[Any]:
    """The class of one part, which is called once a batch."""

    def call(self: Any, completions: Sequence[str], **columns: Any) -> list[float]:
        keep(reward, completions, columns)
        values: list[float] = made.__call__(self, completions, **columns)
        return values

    return type(made.__name__, (made,), {"__call__": call})


def _keeper() -> Callable[[str, Sequence[str], Mapping[str, Any]], None] | None:
    rows, out = os.environ.get(EVALUATED), os.environ.get(COMPLETIONS)
    if not rows or not out:
        return None
    names = {json.loads(line)["id"] for line in Path(rows).read_text(encoding="utf-8").splitlines()}

    def keep(reward: str, completions: Sequence[str], columns: Mapping[str, Any]) -> None:
        step = columns["trainer_state"].global_step
        every = zip(
            columns["id"], columns["solution"], completions, batch_parts(reward, completions, columns), strict=True
        )
        lines = [
            json.dumps({"step": step, "id": name, "solution": solution, "completion": text, "parts": parts}) + "\n"
            for name, solution, text, parts in every
            if name in names
        ]
        with open(out, "a", encoding="utf-8") as file:  # at once: several processes write
            file.write("".join(lines))

    return keep
