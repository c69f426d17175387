"""Scores in a terminal: how many answers to each task are right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FIGURES = ("right", "total", "low", "high")


def scores_table(metrics: Mapping[str, Any]) -> list[str]:
    """A line for each task and one for all, with right answers and the 95 % interval; empty where figures lack."""
    tasks = metrics.get("per_task")
    shares = {**(tasks if isinstance(tasks, dict) else {}), "all": metrics.get("overall")}
    rows = [(task, *row) for task, share in shares.items() if (row := _row(share)) is not None]
    if len(rows) < len(shares):
        return []
    rows = [("task", "right", "", "95 % interval"), *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return [
        f"{task:<{widths[0]}}  {right:>{widths[1]}}  {rate:>{widths[2]}}  {interval}".rstrip()
        for task, right, rate, interval in rows
    ]


def cut_off_line(metrics: Mapping[str, Any]) -> list[str]:
    """How many answers were cut off, where any was."""
    cut = metrics.get("cut_off")
    if not isinstance(cut, dict) or not isinstance(cut.get("answers"), int):
        return []
    return [f"{cut['answers']:,} answers were cut off" + (f" at {cut['tokens']} tokens" if cut.get("tokens") else "")]


def _row(share: object) -> tuple[str, str, str] | None:
    """Right of all, in percent, and the interval; None where these are not such figures."""
    strict = share.get("strict") if isinstance(share, dict) else None
    found = [strict.get(name) for name in FIGURES] if isinstance(strict, dict) else []
    numbers = [number for number in found if isinstance(number, (int, float))]
    if len(numbers) < len(FIGURES):
        return None
    right, total, low, high = numbers
    return f"{right:,}/{total:,}", f"{100 * right / (total or 1):.1f} %", f"{100 * low:.1f} to {100 * high:.1f}"
