"""From streams to shards: which samples lie where."""

from __future__ import annotations

import itertools
import pickle

from vtb.puzzles.maze.square import Config
from vtb_generate.common import expected_distinct
from vtb_generate.shards import Recipe, Stream, make_shard, merge_difficulty, plan_shards

STREAMS = (Stream("a", Config(size=5, cell_px=6), 5), Stream("b", Config(size=7, cell_px=6), 4))
RECIPE = Recipe("maze_square", STREAMS, seed=42, reasoning=False, layout="shards")


def test_examples_run_through_the_streams() -> None:
    ids = [example.key for _, example in RECIPE.examples(range(9))]
    assert ids == [f"a-{n:07d}" for n in range(5)] + [f"b-{n:07d}" for n in range(4)]
    parts = [RECIPE.examples(range(*pair)) for pair in itertools.pairwise((0, 2, 3, 6, 9))]
    assert [example.key for part in parts for _, example in part] == ids
    assert [stream.name for stream, _ in RECIPE.examples(range(4, 6))] == ["a", "b"]
    assert list(RECIPE.examples(range(9, 20))) == []


def test_shards_are_planned_by_number() -> None:
    tasks = plan_shards(RECIPE, 4)
    assert [(task.path, task.rows) for task in tasks] == [
        ("shards/00000.tar", 4), ("shards/00001.tar", 4), ("shards/00002.tar", 1)
    ]  # fmt: skip
    assert [task.work.numbers for task in tasks] == [range(0, 4), range(4, 8), range(8, 9)]
    assert pickle.loads(pickle.dumps(tasks)) == tasks


def test_figures_add_up() -> None:
    rows: list[int] = []
    made = [make_shard(task.work, rows.append) for task in plan_shards(RECIPE, 4)]
    assert sum(rows) == sum(shard.rows for shard in made) == 9
    merged = merge_difficulty([shard.stats for shard in made])
    assert merged["a"]["size"] == {5.0: 5}
    assert sum(merged["b"]["path_length"].values()) == 4
    assert len(set(itertools.chain(*(shard.stats["identities"] for shard in made)))) <= 9


def test_expected_numbers_of_different_draws() -> None:
    assert expected_distinct(1, 50) == 1
    assert round(expected_distinct(14, 10_000)) == 14
    assert 300 < expected_distinct(322, 1000) < 322
    assert expected_distinct(1e12, 1000) > 999.9
