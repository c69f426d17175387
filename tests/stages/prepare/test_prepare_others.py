"""``vtb-prepare vlm`` on folders that others made."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from shared.benchmarks.videothinkbench.benchmark_like import EVERY, numbered, ours, pictures, write_folder
from stages.prepare.prepare_runs import BLUE, FAMILY, good, picture_of, prepare, records, rows
from vtb.artifact import read_manifest
from vtb.benchmarks.videothinkbench.records import as_example
from vtb.benchmarks.videothinkbench.tasks import GRIDS
from vtb.media.image import decode_image, encode_rgb, to_rgb
from vtb.puzzles.prompts import MAZE as PROMPTS
from vtb.puzzles.registry import find_family


def made_by_others(folder: Path, world: Path) -> list[dict[str, Any]]:
    """A folder as others make it: the fields of the layout, a black padding, and nothing of ours."""
    found = []
    (folder / "puzzles").mkdir(parents=True)
    for number, record in enumerate(list(records(world / "mazes").values())[18:24]):
        picture = to_rgb(FAMILY.draw_puzzle(record), FAMILY.palette)
        padded = np.pad(picture, ((5, 7), (10, 30), (0, 0)))
        (folder / "puzzles" / f"{number}_puzzle.png").write_bytes(encode_rgb(padded))
        found.append(
            {
                "id": f"4f6e{number}", "prompt": "Draw a path.", "gpt5_prompt": "List the cells.",
                "canvas_dimensions": [padded.shape[1], padded.shape[0]],
                "start_point": [record.start_point[0] + 10, record.start_point[1] + 5],
                "goal_point": [record.goal_point[0] + 10, record.goal_point[1] + 5],
                "image": f"puzzles/{number}_puzzle.png", "solution_image_path": f"solutions/{number}_solution.png",
                "solution_path_cell_ids": record.solution_path_cell_ids, "grid_size": record.grid_size,
                "cell_size": record.cell_size, "maze_grid": record.maze_grid, "start": record.start,
                "goal": record.goal, "cell_bboxes": [], "padding": [10, 5, 30, 7],
            }
        )  # fmt: skip
    (folder / "data.json").write_text(json.dumps(found, indent=2))
    plain: list[dict[str, Any]] = json.loads(json.dumps(found))
    return plain


def test_a_folder_made_by_others(world: Path, tmp_path: Path) -> None:
    made = made_by_others(tmp_path / "theirs", world)
    manifest = good(tmp_path / "o", tmp_path / "theirs", more=("--val", "0"))
    assert manifest.plan.inputs[0].kind == "vlmpuzzle-folder"
    found = rows(tmp_path / "o", "train_sft.jsonl")
    assert [row["id"] for row in found] == [record["id"] for record in made]
    for row, record in zip(found, made, strict=True):
        assert json.loads(row["solution"]) == record["solution_path_cell_ids"]
        assert PROMPTS["vlm"] in row["messages"][0]["content"]
        picture = decode_image(picture_of(tmp_path / "o", row))
        side, cell = record["grid_size"][0], record["cell_size"]
        inner = picture[5 : 5 + side * cell, 10 : 10 + side * cell]
        blue = (inner == BLUE).all(axis=2).reshape(side, cell, side, cell).any(axis=(1, 3))
        blue[tuple(record["start"])] = blue[tuple(record["goal"])] = True  # printed in white there
        assert (blue == (np.asarray(record["maze_grid"]) == 0)).all()
        puzzle = decode_image((tmp_path / "theirs" / record["image"]).read_bytes())
        taken = as_example(record, None, puzzle, partial(np.asarray, puzzle)).payload
        assert FAMILY.score_text(taken, row["solution"], puzzle).strict
        assert not FAMILY.score_text(taken, str(json.loads(row["solution"])[:-2]), puzzle).strict


def test_one_number_for_a_square_grid(world: Path, tmp_path: Path) -> None:
    made = made_by_others(tmp_path / "theirs", world)
    for record in made:
        record["grid_size"] = record["grid_size"][0]
        del record["cell_bboxes"]
    (tmp_path / "theirs" / "data.json").write_text(json.dumps(made))
    assert good(tmp_path / "o", tmp_path / "theirs").rows == 6


def test_records_that_share_an_id_keep_their_own_pictures(world: Path, tmp_path: Path) -> None:
    made = made_by_others(tmp_path / "theirs", world)
    for record in made:
        record["id"] = "same"
    (tmp_path / "theirs" / "data.json").write_text(json.dumps(made))
    good(tmp_path / "o", tmp_path / "theirs", more=("--val", "0"))
    found = rows(tmp_path / "o", "train_sft.jsonl")
    pictures = {picture_of(tmp_path / "o", row) for row in found}
    assert len(pictures) == len({json.dumps(record["maze_grid"]) for record in made}) == 6


def test_ids_with_odd_characters(world: Path, tmp_path: Path) -> None:
    """Some of these end a line in one reading of text and not in another."""
    made = made_by_others(tmp_path / "theirs", world)
    made[0]["id"] = "a\u2028b\x85ü 数"
    made[1]["id"] = "half a pair: \ud800"
    (tmp_path / "theirs" / "data.json").write_text(json.dumps(made))
    good(tmp_path / "o", tmp_path / "theirs", more=("--val", "0"))
    text = (tmp_path / "o" / "train_sft.jsonl").read_text(encoding="utf-8")
    first, second = (json.loads(line) for line in text.split("\n")[:2])
    assert [first["id"], second["id"]] == [made[0]["id"], "half a pair: ?"]
    assert all(picture_of(tmp_path / "o", row) for row in (first, second))


def test_several_inputs_of_both_kinds(world: Path, tmp_path: Path) -> None:
    made_by_others(tmp_path / "theirs", world)
    manifest = good(tmp_path / "o", world / "curated", tmp_path / "theirs", world / "folder")
    assert [entry.kind for entry in manifest.plan.inputs] == ["puzzles", "vlmpuzzle-folder", "puzzles"]
    curated = read_manifest(str(world / "curated")).splits
    assert manifest.rows == curated["train"] + curated["val"] + 6 + 40
    assert sum(manifest.metrics["rows"].values()) == manifest.rows


def test_a_folder_of_every_task_made_by_others(tmp_path: Path) -> None:
    write_folder(tmp_path / "theirs", EVERY, 1)
    for name in GRIDS:  # whose cells nobody but their maker can number
        folder = tmp_path / "theirs" / name
        (record,) = json.loads((folder / "data.json").read_text())
        (folder / "puzzles" / "numbered.png").write_bytes(encode_rgb(numbered(name)))
        (folder / "data.json").write_text(json.dumps([{**record, "reasoning_image": "puzzles/numbered.png"}]))
    good(tmp_path / "o", tmp_path / "theirs", more=("--val", "0"))
    found = {row["task_type"]: row for row in rows(tmp_path / "o", "train_sft.jsonl")}
    assert set(found) == set(EVERY)
    for name, row in found.items():
        family, record = find_family(name), ours(name).payload
        assert row["solution"] == row["messages"][1]["content"] == family.answer(record)
        assert row["task_group"] == family.group
        question = row["messages"][0]["content"]
        assert (record.question if family.group == "visual" else family.ask(record, "vlm")) in question
        theirs = numbered(name) if name in GRIDS else pictures(name)[0]  # numbers may need a larger picture
        assert decode_image(picture_of(tmp_path / "o", row)).shape == theirs.shape


def test_a_folder_that_changed_is_another_input(world: Path, tmp_path: Path) -> None:
    made = made_by_others(tmp_path / "theirs", world)
    good(tmp_path / "o", tmp_path / "theirs")
    assert "already complete" in prepare(tmp_path / "o", tmp_path / "theirs").err
    (tmp_path / "theirs" / "data.json").write_text(json.dumps(made[:-1]))
    result = prepare(tmp_path / "o", tmp_path / "theirs")
    assert result.code == 3
    assert "the content of its inputs" in result.err
