"""``vtb-curate``: each puzzle has its split for good, and what is too easy or too hard goes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract.command_line import call
from stages.curate.curate_runs import FAMILY, MAZE, by_split, curate, good, puzzle_of, samples
from vtb.rng import stable_fraction
from vtb_curate.choose import Rules


def test_a_puzzle_never_moves_when_data_grows(mazes: Path, tmp_path: Path) -> None:
    call(
        MAZE,
        "--size",
        "9",
        "--cell-px",
        "8",
        "--count",
        "60",
        "--seed",
        "7",
        "--workers",
        "1",
        "--output",
        tmp_path / "m",
    )
    more = ("--val", "0.3", "--test", "0.3")
    good(tmp_path / "small", mazes, more=more)
    good(tmp_path / "grown", tmp_path / "m", mazes, more=(*more, "--samples-per-shard", "3"))
    small, grown = by_split(tmp_path / "small"), by_split(tmp_path / "grown")
    assert all(small[split] <= grown[split] for split in small)
    assert all(small.values())
    assert sum(map(len, grown.values())) == len(set().union(*grown.values())) > 80


def test_splits_of_an_input_are_not_dropped_without_a_word(mazes: Path, tmp_path: Path) -> None:
    assert "splits" not in curate(tmp_path / "first", mazes).err
    again = curate(tmp_path / "second", tmp_path / "first", more=("--seed", "7"))
    assert again.code == 0, again.err
    assert f"{tmp_path / 'first'}: its splits are not kept, puzzles are split anew: train (" in again.err


def test_larger_shares_only_take_from_train(mazes: Path, tmp_path: Path) -> None:
    good(tmp_path / "a", mazes, more=("--val", "0.1", "--test", "0.2"))
    good(tmp_path / "b", mazes, more=("--val", "0.4", "--test", "0.2"))
    a, b = by_split(tmp_path / "a"), by_split(tmp_path / "b")
    assert a["test"] == b["test"]
    assert a["val"] <= b["val"]
    assert b["train"] < a["train"]


def test_another_seed_splits_otherwise(mazes: Path, tmp_path: Path) -> None:
    more = ("--val", "0.3", "--test", "0.3")
    good(tmp_path / "a", mazes, more=more)
    good(tmp_path / "b", mazes, more=(*more, "--seed", "1"))
    assert by_split(tmp_path / "a") != by_split(tmp_path / "b")


@pytest.mark.parametrize(("val", "test", "split"), [("1", "0", "val"), ("0", "1", "test"), ("0", "0", "train")])
def test_everything_in_one_split(mazes: Path, tmp_path: Path, val: str, test: str, split: str) -> None:
    assert good(tmp_path, mazes, more=("--val", val, "--test", test)).splits == {split: 24}


def test_shares_are_kept_on_average() -> None:
    rules = Rules(val=0.05, test=0.1, ranges=(), salt="split/42")
    splits = [rules.split(f"puzzle {number}") for number in range(10_000)]
    assert abs(splits.count("val") - 500) < 100
    assert abs(splits.count("test") - 1000) < 130
    assert stable_fraction("puzzle 1", "split/42") == stable_fraction("puzzle 1", "split/42")


def test_difficulty_filters(mazes: Path, tmp_path: Path) -> None:
    figures = [FAMILY.difficulty(puzzle_of(sample)) for sample in samples(mazes)]
    lengths = sorted(figure["path_length"] for figure in figures)
    low, high = lengths[4], lengths[18]
    kept = [f for f in figures if low <= f["path_length"] <= high and f["turns"] >= 3]
    more = ("--difficulty", f"path_length={low:g}..{high:g}", "--difficulty", "turns=3..")
    manifest = good(tmp_path, mazes, more=more)
    assert manifest.rows == len(kept)
    filtered = manifest.metrics["filtered"]
    assert sum(filtered.values()) == 24 - len(kept) > 0
    assert filtered["path_length"] == sum(not low <= f["path_length"] <= high for f in figures)
    found = [FAMILY.difficulty(puzzle_of(sample)) for sample in samples(tmp_path)]
    assert all(low <= f["path_length"] <= high and f["turns"] >= 3 for f in found)


def test_the_manifest_of_an_open_range_is_json_for_everyone(mazes: Path, tmp_path: Path) -> None:
    good(tmp_path, mazes, more=("--difficulty", "turns=1.."))

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    for name in ("manifest.json", "plan.json"):
        json.loads((tmp_path / name).read_text(), parse_constant=refuse)
    assert curate(tmp_path, mazes, more=("--difficulty", "turns=1..")).code == 0
