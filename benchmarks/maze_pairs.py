"""Maze pairs (puzzle and solution PNG, 9x9 cells of 32 px) into finished shards, on one core, start-up not counted."""

from __future__ import annotations

import statistics
import time
from typing import Any

from vtb.puzzles.maze_square import Config
from vtb_generate.shards import Recipe, Stream, make_shard, plan_shards

SHARD, SHARDS, ROUNDS = 256, 8, 5


def run() -> list[dict[str, Any]]:
    """Median over rounds of the rate of whole shards."""
    recipe = Recipe(
        "maze_square", (Stream("maze_square-09", Config(size=9), SHARD * (SHARDS + 1)),), 1, False, "shards"
    )
    first, *tasks = plan_shards(recipe, SHARD)
    make_shard(first.work, lambda _: None)
    rates = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for task in tasks:
            make_shard(task.work, lambda _: None)
        rates.append(SHARD * SHARDS / (time.perf_counter() - start))
    return [{"name": "maze_pairs", "value": round(statistics.median(rates)), "unit": "pairs/s", "target": 2000}]
