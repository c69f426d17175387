"""Published figures that this run may be compared with, as marks beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vtb_eval.comparison import VISUAL


@dataclass(frozen=True)
class Beside:
    """One signal of this run at one task, and the published figures of its rule in percent, the highest first."""

    task: str
    signal: str
    shares: Mapping[str, Any]
    marks: list[tuple[str, float]]


def reference_marks(figures: Mapping[str, Any]) -> list[Beside]:
    """For each task and signal the published figures measured by the same rule; none where anything forbids it."""
    return [
        Beside(task, signal, figures["per_signal"][signal]["per_task"][task], marks)
        for task, row in figures["comparison"]["tasks"].items()
        for signal in dict.fromkeys(row["compare"].values())
        if (marks := sorted(_marks(row, signal), key=lambda mark: -mark[1]))
    ]


def _marks(row: Mapping[str, Any], signal: str) -> Iterator[tuple[str, float]]:
    obstacles = [note for note in row["not comparable"] if not (note == VISUAL and signal == "text")]
    for column, rule in row["compare"].items():
        if rule == signal and not obstacles:
            yield column, row["published"][column]
