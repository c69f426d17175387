"""Scores beside those of earlier runs, in a line each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def against_lines(metrics: Mapping[str, Any]) -> list[str]:
    """A line for each earlier run that these scores were compared with; empty where the figures are none of ours."""
    runs = metrics.get("against")
    try:
        return [_against(run["uri"], run["overall"]) for run in runs] if isinstance(runs, list) else []
    except (KeyError, TypeError, ValueError):
        return []


def _against(uri: str, found: Mapping[str, Any]) -> str:
    low, high, points = (f"{100 * found[name]:+.1f}" for name in ("low", "high", "difference"))
    return (
        f"against {uri}: {found['won']} won, {found['lost']} lost, {found['both_right']} right in both; "
        f"{points} points ({low} to {high}), p = {found['p']:.2g} ({found['test']})"
    )
