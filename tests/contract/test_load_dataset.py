"""What we write is loaded by ``datasets`` as its card says, whatever lies first in it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import call

CLIP = ("--video", "--frames", "5", "--clip-size")
# With clips and without, with reasoning pictures and without, of every group.
PARTS: dict[str, tuple[str, ...]] = {
    "squares": ("vtb-gen-maze", "--size", "9", "--count", "3", "--show-cell-ids", *CLIP, "64x64"),
    "circles": ("vtb-gen-maze", "--shape", "circle", "--count", "2"),
    "eyeballing": ("vtb-gen-eyeballing", "--count", "2", "--task", "midpoint", "--task", "arc_connect"),
    "visual": ("vtb-gen-visual", "--count", "1", "--target-size", "256x256", *CLIP, "256x256"),
    "arc": ("vtb-gen-arc", "--count", "2"),
    "rooms": ("vtb-gen-rooms", "--rooms", "1", "--picture-size", "192x144", "--clip-frames", "32", "--frames", "4"),
    "dynamic": (
        "vtb-gen-dynamic", "--scenes", "1", "--picture-size", "160x120", "--clip-frames", "32", "--frames", "8",
    ),
    "room folder": (
        "vtb-gen-rooms", "--layout", "folder", "--rooms", "1", "--picture-size", "192x144", "--clip-frames", "32",
        "--frames", "4",
    ),
    "folder": ("vtb-gen-eyeballing", "--layout", "folder", "--count", "2", "--task", "midpoint", *CLIP, "224x224"),
    "many": ("vtb-gen-visual", "--layout", "folder", "--count", "1", "--target-size", "256x256"),
}  # fmt: skip
ROWS = {"squares": 3, "circles": 2, "eyeballing": 4, "visual": 10, "arc": 2, "folder": 2, "many": 10}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("load")


@pytest.fixture(scope="module")
def made(root: Path) -> Mapping[str, Path]:
    for name, (program, *words) in PARTS.items():
        done = call(program, *words, "--workers", "1", "--output", root / name)
        assert done.code == 0, done.err
    return {name: root / name for name in PARTS}


def load(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Every split of a folder, loaded as a user would."""
    import datasets

    found = datasets.load_dataset(str(folder), cache_dir=str(folder.parent / "cache"))
    return {split: list(rows) for split, rows in found.items()}


def check_shard_row(row: dict[str, Any]) -> None:
    example = row["json"]
    assert isinstance(json.loads(example["payload"]), dict)
    assert example["prompts"]["vlm"]
    named = {medium["name"] for medium in example["media"]}
    assert named == {part for part in row if part.endswith((".png", ".mp4")) and row[part] is not None}
    assert row["puzzle.png"].size == row["solution.png"].size
    assert row["solution.mp4"] is None or b"ftyp" in row["solution.mp4"][:16]


@pytest.mark.parametrize("name", ["squares", "circles", "eyeballing", "visual", "arc"])
def test_shards(made: Mapping[str, Path], name: str) -> None:
    rows = load(made[name])["train"]
    assert len(rows) == ROWS[name]
    for row in rows:
        check_shard_row(row)


@pytest.mark.parametrize("name", ["folder", "many"])
def test_folders(made: Mapping[str, Path], name: str) -> None:
    rows = load(made[name])["train"]
    assert len(rows) == ROWS[name]
    for row in rows:
        assert isinstance(json.loads(row["payload"]), dict)
        assert (made[name] / row["puzzle_image"]).is_file()
        assert (row["solution_video"] is not None) == (name == "folder")


def test_dynamic(made: Mapping[str, Path]) -> None:
    frames, *questions = load(made["dynamic"])["train"]
    assert frames["frame.007.jpg"].size == (160, 120)
    assert questions
    assert all(row["json"]["source"] == "vtb-dynamic" for row in questions)


def test_rooms(made: Mapping[str, Path]) -> None:
    frames, *questions = load(made["rooms"])["train"]
    assert frames["json"] is None
    assert frames["frame.003.jpg"].size == (192, 144)
    assert len(questions) == 10
    assert all(json.loads(row["json"]["payload"])["scene"] == "room-42-0000000" for row in questions)
    rows = load(made["room folder"])["train"]
    assert [row["question"] for row in rows] == [json.loads(row["json"]["payload"])["question"] for row in questions]


ORDERS = list(itertools.permutations(("squares", "circles", "visual")))[::2]


@pytest.mark.parametrize("layout", ["shards", "folder"])
@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_mixes(root: Path, made: Mapping[str, Path], order: tuple[str, ...], layout: str) -> None:
    output = root / f"{'-'.join(order)}-{layout}"
    inputs = [word for name in order for word in ("--input", made[name])]
    line = (*inputs, "--val", "0.2", "--test", "0.2", "--layout", layout, "--workers", "1", "--output", output)
    assert call("vtb-curate", *line).code == 0
    splits = load(output)
    assert sum(len(rows) for rows in splits.values()) == sum(ROWS[name] for name in order)
    if layout == "shards":
        for row in itertools.chain.from_iterable(splits.values()):
            check_shard_row(row)


def test_prepared_sets(root: Path, made: Mapping[str, Path]) -> None:
    inputs = [word for name in ("squares", "eyeballing", "folder") for word in ("--input", made[name])]
    assert call("vtb-prepare", "vlm", *inputs, "--val", "0.3", "--workers", "1", "--output", root / "set").code == 0
    splits = load(root / "set")
    assert sum(len(rows) for rows in splits.values()) == 9
    row = splits["train"][0]
    assert [turn["role"] for turn in row["messages"]] == ["user", "assistant"]
    assert row["images"][0].startswith("media/")
