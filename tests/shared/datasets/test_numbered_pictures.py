"""Hexagon and circle mazes of others are asked about in words with numbers on their cells, or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contract.command_line import call
from shared.benchmarks.videothinkbench.benchmark_like import numbered, ours, pictures, published, write_folder
from stages.eval.answer_folders import put
from stages.prepare.prepare_runs import good, picture_of, prepare, rows
from vtb.datasets.readers import chunks, describe_input
from vtb.media.image import Image, encode_rgb
from vtb.puzzles.maze.common.base import is_numbered
from vtb.puzzles.registry import find_family
from vtb_eval.questions import Question, ShardWork, read_questions

MAZES = ("maze_square", "maze_hexagon", "maze_circle")
GRIDS = MAZES[1:]
WHY = "cannot be asked about in words (its picture has no cell numbers, by which it is to be answered)"


def write(folder: Path, name: str, image: Image, reasoning: bytes | None = None) -> Path:
    """A record of one maze, with a numbered picture beside it or without."""
    parts = {"image": encode_rgb(image), "solution_image_path": encode_rgb(pictures(name)[1])}
    parts |= {"reasoning_image": reasoning} if reasoning is not None else {}
    for field, data in parts.items():
        put(folder, f"{name}/{field}.png", data)
    record: dict[str, Any] = {**published(name), **{field: f"{field}.png" for field in parts}}
    put(folder, f"{name}/data.json", json.dumps([record]))
    return folder


def questions(folder: Path, *, blind: bool = False) -> tuple[list[Question], list[str]]:
    odd: list[str] = []
    found = tuple(chunks(describe_input(str(folder))))
    rows = sum(chunk.rows for chunk in found)
    return list(read_questions(ShardWork(found, 0, rows, None, blind), odd)), odd


@pytest.mark.parametrize("name", MAZES)
@pytest.mark.parametrize("index", range(3))
def test_numbers_are_seen(name: str, index: int) -> None:
    plain, printed = pictures(name, index)[0], numbered(name, index)
    assert not is_numbered(plain)
    assert is_numbered(printed)
    assert find_family(name).show(ours(name, index).payload, printed) is printed  # not printed twice


@pytest.mark.parametrize("name", GRIDS)
def test_without_numbers_nobody_is_asked_or_taught(name: str, tmp_path: Path) -> None:
    """It is named with the reason, and the others go on; also without pictures, so that the same are asked."""
    folder = write_folder(tmp_path / "theirs", [name, "maze_square"], 2)
    for blind in (False, True):
        asked, odd = questions(folder, blind=blind)
        assert [question.key for question in asked] == [ours("maze_square", index).key for index in range(2)]
        assert [repr(ours(name, index).key) in said and WHY in said for index, said in enumerate(odd)] == [True] * 2
    manifest = good(tmp_path / "o", folder, more=("--val", "0"))
    assert {row["task_type"] for row in rows(tmp_path / "o", "train_sft.jsonl")} == {"maze_square"}
    assert manifest.metrics["left_out"] == odd
    alone = prepare(tmp_path / "alone", write_folder(tmp_path / "only", [name], 1))
    assert (alone.code, len(alone.error_lines), WHY in alone.error_lines[0]) == (3, 1, True)


@pytest.mark.parametrize("name", MAZES)
def test_the_numbered_picture_of_the_record_is_shown(name: str, tmp_path: Path) -> None:
    """Also after curating."""
    file = encode_rgb(numbered(name)[:, ::-1])  # another than we would print
    folder = write(tmp_path / "theirs", name, pictures(name)[0], file)
    ((question,), odd) = questions(folder)
    assert (question.shown[0].files, odd) == ((file,), [])
    assert np.array_equal(question.asked[0].files[0], encode_rgb(pictures(name)[0]))
    more = ("--val", "0", "--test", "0", "--workers", "1")
    done = call("vtb-curate", "--input", folder, "--output", tmp_path / "curated", *more)
    assert done.code == 0, done.err
    for number, source in enumerate((folder, tmp_path / "curated")):
        good(tmp_path / f"o{number}", source, more=("--val", "0"))
        (row,) = rows(tmp_path / f"o{number}", "train_sft.jsonl")
        assert picture_of(tmp_path / f"o{number}", row) == file
        assert json.loads(row["solution"]) == ours(name).payload.solution_path_cell_ids


@pytest.mark.parametrize("name", GRIDS)
def test_numbers_in_the_puzzle_itself_will_do(name: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "theirs", name, numbered(name))
    ((question,), odd) = questions(folder)
    assert (question.shown[0].files, odd) == ((encode_rgb(numbered(name)),), [])


@pytest.mark.parametrize(("data", "why"), [(b"no picture", "not a readable picture"), (None, "has no cell numbers")])
def test_a_numbered_picture_that_is_none(data: bytes | None, why: str, tmp_path: Path) -> None:
    """It is damaged, or the puzzle once more."""
    plain = pictures("maze_hexagon")[0]
    asked, odd = questions(write(tmp_path / "d", "maze_hexagon", plain, data or encode_rgb(plain)))
    assert (asked, len(odd), why in odd[0]) == ([], 1, True)
