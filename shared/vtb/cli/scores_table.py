"""Scores in a terminal: how many answers to each task are right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HEADS = ("task", "right", "", "95 % interval", "blind guess")
FIGURES = ("right", "total", "low", "high")


def scores_table(metrics: Mapping[str, Any]) -> list[str]:
    """A line for each task and one for all: right answers, 95 % interval, blind guess; empty where figures lack."""
    tasks = metrics.get("per_task")
    shares = {**(tasks if isinstance(tasks, dict) else {}), "all": metrics.get("overall")}
    rows = [(task, *row) for task, share in shares.items() if (row := _row(share)) is not None]
    if len(rows) < len(shares):
        return []
    if isinstance(grade := metrics.get("only_grade"), str):  # such answers are never right
        rows = [(task, right.rpartition("/")[2], *others) for task, right, *others in rows]
        rows = [("task", "answers", f"mean {grade}", *HEADS[3:]), *rows]
    else:
        rows = [HEADS, *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return [
        f"{task:<{widths[0]}}  {right:>{widths[1]}}  {rate:>{widths[2]}}  {interval:<{widths[3]}}  {blind}".rstrip()
        for task, right, rate, interval, blind in rows
    ]


def cut_off_line(metrics: Mapping[str, Any]) -> list[str]:
    """How many answers were cut off, where any was."""
    cut = metrics.get("cut_off")
    if not isinstance(cut, dict) or not isinstance(cut.get("answers"), int):
        return []
    return [f"{cut['answers']:,} answers were cut off" + (f" at {cut['tokens']} tokens" if cut.get("tokens") else "")]


def same_choice_line(metrics: Mapping[str, Any]) -> list[str]:
    """Which option nearly all answers choose, where they do."""
    same = metrics.get("same_choice")
    if not isinstance(same, dict) or not all(isinstance(same.get(name), int) for name in ("answers", "of")):
        return []
    return [f"{same['answers']:,} of {same['of']:,} answers choose {same.get('choice')}"]


def refused_line(metrics: Mapping[str, Any]) -> list[str]:
    """How many answers were refused, where any was."""
    refused = metrics.get("refused")
    if not isinstance(refused, dict) or not all(isinstance(count, int) for count in refused.values()):
        return []
    who = {"refusal": "by the model", "content_filter": "by a filter of its service"}
    return [f"{count:,} answers were refused {who.get(name, name)}" for name, count in refused.items()]


def _row(share: object) -> tuple[str, str, str, str] | None:
    """Right of all, in percent, the interval, and the blind guess; None where these are not such figures."""
    strict = share.get("strict") if isinstance(share, dict) else None
    found = [strict.get(name) for name in FIGURES] if isinstance(strict, dict) else []
    numbers = [number for number in found if isinstance(number, (int, float))]
    if len(numbers) < len(FIGURES):
        return None
    right, total, low, high = numbers
    blind = share.get("blind") if isinstance(share, dict) else None
    guess = f"{100 * blind:.1f} %" if isinstance(blind, (int, float)) else "-"
    return (
        f"{round(right, 1):,}/{total:,}",
        f"{100 * right / (total or 1):.1f} %",
        f"{100 * low:.1f} to {100 * high:.1f}",
        guess,
    )
