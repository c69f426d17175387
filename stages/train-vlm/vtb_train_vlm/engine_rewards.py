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

from vtb.rewards.engines import batch_parts, part_names, register_swift
from vtb.rewards.registry import rewards

# The file of the rows that are evaluated, and the one that the lines are appended to.
EVALUATED, COMPLETIONS = "VTB_EVALUATED_ROWS", "VTB_COMPLETIONS"


def register() -> None:
    """Every part of every reward; the first part of each keeps what is written."""
    from swift.rewards import orms

    register_swift()
    keep = _keeper()
    if keep is None:
        return
    for reward in rewards():
        first = part_names(reward)[0]
        orms[first] = _keeping(orms[first], reward, keep)


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
