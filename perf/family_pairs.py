"""Pairs of eyeballing and visual puzzles and of ARC tasks into finished shards, at their defaults, on one core.

Start-up is not counted.
"""

from __future__ import annotations

import statistics
from typing import Any

from perf.maze_pairs import rate
from vtb.puzzles.registry import families

TARGETS = {"eyeballing": 1000, "visual": None, "arc": None}  # of the median family


def run() -> list[dict[str, Any]]:
    """The median family of each group, and the slowest."""
    return [_figure(group, target) for group, target in TARGETS.items()]


def _figure(group: str, target: int | None) -> dict[str, Any]:
    rates = {
        name: round(rate(name, shards=2, rounds=3)) for name, family in families().items() if family.group == group
    }
    slowest = min(rates, key=lambda name: rates[name])
    found = {"name": f"{group}_pairs", "value": round(statistics.median(rates.values())), "unit": "pairs/s"}
    held = {} if target is None else {"target": target}
    return {**found, **held, "slowest": slowest, "slowest_pairs_per_s": rates[slowest], "families": len(rates)}
