"""``vtb-curate``: of puzzles that are the same, however drawn, the first one stays."""

from __future__ import annotations

import shutil
from pathlib import Path

from contract.command_line import call
from stages.curate.curate_runs import FAMILY, LINE, MAZE, good, payload_changed, puzzle_of, rewrite, samples
from vtb.formats.webdataset import Sample


def test_duplicates_within_one_input(tmp_path: Path) -> None:
    line = ("--size", "5", "--cell-px", "8", "--count", "20", "--workers", "1")
    call(MAZE, *line, "--output", tmp_path / "m")
    manifest = good(tmp_path / "o", tmp_path / "m")
    distinct = {FAMILY.identity(puzzle_of(sample)): sample.key for sample in samples(tmp_path / "m")}
    assert manifest.rows == len(distinct) == 4
    assert manifest.metrics["duplicates"] == {"within one input": 16}
    first = dict[str, str]()
    for sample in samples(tmp_path / "m"):
        first.setdefault(FAMILY.identity(puzzle_of(sample)), sample.key)
    assert {sample.key for sample in samples(tmp_path / "o")} == set(first.values())


def test_the_same_puzzle_drawn_otherwise_is_a_duplicate(mazes: Path, tmp_path: Path) -> None:
    """Another size of cells, another line, no clip: the same walls and ends."""
    line = ("--size", "9", "--cell-px", "12", "--line-width", "2", "--count", "30", "--workers", "1")
    call(MAZE, *line, "--output", tmp_path / "m")
    manifest = good(tmp_path / "o", mazes, tmp_path / "m")
    assert manifest.metrics["duplicates"] == {"across inputs": 24}
    assert manifest.rows == 30
    sizes = [puzzle_of(sample).cell_size for sample in samples(tmp_path / "o")]
    assert (sizes.count(8), sizes.count(12)) == (24, 6)


def test_the_order_of_inputs_decides_which_copy_stays(mazes: Path, tmp_path: Path) -> None:
    call(MAZE, "--size", "9", "--cell-px", "12", "--count", "24", "--workers", "1", "--output", tmp_path / "m")
    good(tmp_path / "o", tmp_path / "m", mazes)
    assert {puzzle_of(sample).cell_size for sample in samples(tmp_path / "o")} == {12}


def test_start_and_goal_exchanged_is_a_duplicate(mazes: Path, tmp_path: Path) -> None:
    def exchange(found: list[Sample]) -> list[Sample]:
        record = puzzle_of(found[0])
        changed = payload_changed(
            found[0], start=record.goal, goal=record.start,
            start_point=record.goal_point, goal_point=record.start_point,
            solution_path_cell_ids=record.solution_path_cell_ids[::-1],
        )  # fmt: skip
        return [*found, Sample("exchanged", {**found[0].parts, "json": changed})]

    shutil.copytree(mazes, tmp_path / "m")
    rewrite(tmp_path / "m", "shards/00000.tar", exchange)
    manifest = good(tmp_path / "o", tmp_path / "m")
    assert manifest.metrics["duplicates"] == {"within one input": 1}


def test_equal_keys_of_different_puzzles_both_stay(mazes: Path, tmp_path: Path) -> None:
    call(MAZE, *LINE, "--seed", "43", "--output", tmp_path / "m")
    manifest = good(tmp_path / "o", mazes, tmp_path / "m", more=("--samples-per-shard", "100"))
    assert manifest.rows == 48
    keys = [sample.key for sample in samples(tmp_path / "o")]
    assert len(set(keys)) == 48
    assert sum(key.endswith("-2") for key in keys) > 15
