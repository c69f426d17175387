"""Scores beside those of earlier runs, in a line each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def against_lines(metrics: Mapping[str, Any]) -> list[str]:
    """A line for each earlier run that these scores were compared with; empty where the figures are none of ours."""
    runs, grade = metrics.get("against"), metrics.get("only_grade")
    try:
        return [_against(run["uri"], run["overall"], grade) for run in runs] if isinstance(runs, list) else []
    except (KeyError, TypeError, ValueError):
        return []


def _against(uri: str, found: Mapping[str, Any], grade: object) -> str:
    """``grade`` is what answers are graded by, where they are never right or wrong."""
    low, high, points = (f"{100 * found[name]:+.1f}" for name in ("low", "high", "difference"))
    if isinstance(grade, str):
        same = found["puzzles"] - found["won"] - found["lost"]
        counts = f"{found['won']} better, {found['lost']} worse, {same} alike; mean {grade}"
    else:
        counts = f"{found['won']} won, {found['lost']} lost, {found['both_right']} right in both;"
    return f"against {uri}: {counts} {points} points ({low} to {high}), p = {found['p']:.2g} ({found['test']})"
