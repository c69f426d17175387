"""Maze pairs (puzzle and solution PNG) into finished shards, each shape at its defaults, on one core.

Start-up is not counted.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

from vtb.puzzles.registry import find_family
from vtb_generate.shards import Recipe, Stream, make_shard, plan_shards

SHARD, SHARDS, ROUNDS = 256, 8, 5
# Pairs per second. The first kept its name when there was no other shape.
TARGETS = {
    "maze_square": ("maze_pairs", 2000),
    "maze_hexagon": ("hexagon_pairs", 800),
    "maze_circle": ("circle_pairs", 800),
}


def run() -> list[dict[str, Any]]:
    """Median over rounds of the rate of whole shards, per shape."""
    return [
        {"name": name, "value": round(rate(family)), "unit": "pairs/s", "target": target}
        for family, (name, target) in TARGETS.items()
    ]


def rate(family: str, shards: int = SHARDS, rounds: int = ROUNDS) -> float:
    """Pairs of a family per second."""
    stream = Stream(f"{family}-bench", find_family(family).config_class(), SHARD * (shards + 1))
    first, *tasks = plan_shards(Recipe(family, (stream,), 1, False, "shards"), SHARD)
    make_shard(first.work, lambda _: None)
    rates = []
    for _ in range(rounds):
        start = time.perf_counter()
        for task in tasks:
            make_shard(task.work, lambda _: None)
        rates.append(SHARD * shards / (time.perf_counter() - start))
    return statistics.median(rates)
