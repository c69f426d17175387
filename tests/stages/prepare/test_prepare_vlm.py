"""``vtb-prepare vlm``: rows that ms-swift reads, pictures that show what the question speaks of, paths that travel."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from contract.command_line import files, without_run
from stages.prepare.prepare_runs import BLUE, FAMILY, NAMES, good, picture_of, prepare, records, rows
from vtb.artifact import read_manifest
from vtb.formats.swift import DIRECT, THINK, grpo_row, sft_row
from vtb.formats.webdataset import read_tar
from vtb.media.image import decode_image
from vtb.puzzles.prompts import MAZE as PROMPTS
from vtb.tasks.registry import decode_example, task_of


def test_rows_are_those_of_ms_swift(world: Path) -> None:
    dataset, known = world / "dataset", records(world / "curated")
    for name in NAMES:
        found = rows(dataset, name)
        assert found
        for row in found:
            more = set() if "sft" in name else {"example"}
            assert set(row) == {"messages", "images", "solution", "task_type", "task_group", "id", *more}
            assert [message["role"] for message in row["messages"]] == (
                ["user", "assistant"] if "sft" in name else ["user"]
            )
            question = row["messages"][0]["content"]
            assert question == f"<image>{PROMPTS['vlm']}\n{DIRECT if 'sft' in name else THINK}"
            assert question.count("<image>") == len(row["images"]) == 1
            record = known[row["id"]]
            assert row["solution"] == FAMILY.answer(record)
            assert json.loads(row["solution"]) == record.solution_path_cell_ids
            if "sft" in name:
                assert row["messages"][1]["content"] == row["solution"]
            assert (row["task_type"], row["task_group"]) == ("maze_square", "maze")
            assert FAMILY.score_text(record, f"so it is <answer>{row['solution']}</answer>").strict


def test_both_uses_have_the_same_samples(world: Path) -> None:
    for split in ("train", "val"):
        sft, grpo = (rows(world / "dataset", f"{split}_{use}.jsonl") for use in ("sft", "grpo"))
        assert [row["id"] for row in sft] == [row["id"] for row in grpo]
        assert [row["images"] for row in sft] == [row["images"] for row in grpo]


def test_a_reward_can_call_the_judge(world: Path) -> None:
    """With nothing but the columns of a row."""
    for row in rows(world / "dataset", "train_grpo.jsonl"):
        example = decode_example(row["example"].encode())
        task = task_of(example)
        puzzle = decode_image(picture_of(world / "dataset", row))
        assert task.score_text(example.payload, f"<answer>{row['solution']}</answer>", puzzle).strict
        assert not task.score_text(example.payload, "<answer>[1, 2]</answer>", puzzle).strict


def test_a_row_without_its_answer() -> None:
    row = {
        "question": "Which?",
        "answer": "[1]",
        "image": "a.png",
        "task_type": "t",
        "task_group": "g",
        "id": "1",
        "example": "{}",
    }
    assert sft_row(row)["messages"][1] == {"role": "assistant", "content": "[1]"}
    assert "[1]" not in json.dumps(grpo_row(row)["messages"])
    assert grpo_row(row)["solution"] == "[1]"


def test_the_splits_of_curate_are_kept_and_test_is_left_out(world: Path) -> None:
    curated = read_manifest(str(world / "curated"))
    assert set(curated.splits) == {"train", "val", "test"}
    metrics = read_manifest(str(world / "dataset")).metrics
    assert metrics["rows"] == {"train": curated.splits["train"], "val": curated.splits["val"]}
    for split in ("train", "val"):
        wanted = {
            sample.key
            for path in (world / "curated").glob(f"shards/{split}-*.tar")
            for sample in read_tar(path.read_bytes())
        }
        assert {row["id"] for row in rows(world / "dataset", f"{split}_sft.jsonl")} == wanted


def test_paths_hold_wherever_the_artifact_is(world: Path, tmp_path: Path) -> None:
    copy = tmp_path / "somewhere else" / "dataset"
    shutil.copytree(world / "dataset", copy)
    manifest = read_manifest(str(copy))
    listed = {file.path for file in manifest.all_files()}
    assert set(NAMES) <= listed
    for name in NAMES:
        for row in rows(copy, name):
            (path,) = row["images"]
            assert not Path(path).is_absolute()
            assert ".." not in Path(path).parts
            assert f"{Path(path).parent}.tar" in listed
            assert decode_image(picture_of(copy, row)).ndim == 3
    assert str(world) not in "".join((copy / name).read_text() for name in NAMES)


@pytest.mark.parametrize("source", ["printed", "mazes", "folder"])
def test_the_picture_shows_the_printed_ids(world: Path, tmp_path: Path, source: str) -> None:
    """From the stored picture, or drawn where an input has none."""
    good(tmp_path, world / source, more=("--val", "0"))
    known = records(world / "mazes")
    found = rows(tmp_path, "train_sft.jsonl")
    assert len(found) == 40
    for row in found[::5]:
        picture = decode_image(picture_of(tmp_path, row))
        record = known[row["id"]]
        assert (picture == FAMILY.show(record, FAMILY.puzzle(record))).all()
        side = record.grid_size[0]
        blue = (picture == BLUE).all(axis=2).reshape(side, 16, side, 16).any(axis=(1, 3))
        blue[record.start] = blue[record.goal] = True  # printed in white there
        assert (blue == (np.asarray(record.maze_grid) == 0)).all()


def test_raw_mazes_are_split_here(world: Path, tmp_path: Path) -> None:
    manifest = good(tmp_path / "a", world / "mazes", more=("--val", "0.3"))
    assert sum(manifest.metrics["rows"].values()) == 40
    assert 4 <= manifest.metrics["rows"]["val"] <= 20
    ids = {name: {row["id"] for row in rows(tmp_path / "a", f"{name}_sft.jsonl")} for name in ("train", "val")}
    assert not ids["train"] & ids["val"]
    known = records(world / "mazes")
    puzzles = {name: {FAMILY.identity(known[key]) for key in ids[name]} for name in ids}
    assert not puzzles["train"] & puzzles["val"]
    # The same puzzle goes where it went, whatever it comes in.
    good(tmp_path / "b", world / "folder", more=("--val", "0.3"))
    assert {row["id"] for row in rows(tmp_path / "b", "val_sft.jsonl")} == ids["val"]
    good(tmp_path / "c", world / "mazes", more=("--val", "0.3", "--seed", "1"))
    assert {row["id"] for row in rows(tmp_path / "c", "val_sft.jsonl")} != ids["val"]


def test_a_folder_gives_the_rows_of_the_artifact(world: Path, tmp_path: Path) -> None:
    good(tmp_path / "a", world / "mazes", more=("--val", "0"))
    good(tmp_path / "b", world / "folder" / "maze_square", more=("--val", "0"))
    a, b = (rows(tmp_path / name, "train_grpo.jsonl") for name in "ab")
    for row in (*a, *b):
        del row["images"]
    assert a == b


def test_the_same_bytes_again_and_by_workers(world: Path, tmp_path: Path) -> None:
    good(tmp_path, world / "curated", more=("--workers", "2"))
    assert without_run(files(tmp_path)) == without_run(files(world / "dataset"))


def test_parts_and_reruns(world: Path, tmp_path: Path) -> None:
    for index in (2, 0, 1):
        assert prepare(tmp_path, world / "curated", more=("--num-shards", "3", "--shard-index", index)).code == 0
    whole = without_run(files(world / "dataset"))
    assert without_run(files(tmp_path)) == whole
    (tmp_path / "manifest.json").unlink()
    shard = sorted((tmp_path / "shards").glob("*.jsonl"))[1]
    kept = {path: path.stat().st_mtime_ns for path in [tmp_path / "media" / "00000.tar"]}
    shard.unlink()
    (tmp_path / "media" / f"{shard.stem}.tar").unlink()
    good(tmp_path, world / "curated")
    assert without_run(files(tmp_path)) == whole
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_the_card(world: Path) -> None:
    text = (world / "dataset" / "README.md").read_text()
    head = yaml.safe_load(text.split("---\n")[1])
    files_of = {entry["split"]: entry["path"] for entry in head["configs"][0]["data_files"]}
    assert files_of == {"train": "train_sft.jsonl", "val": "val_sft.jsonl"}
    assert "tar xf" in text


def test_a_dry_run(world: Path, tmp_path: Path) -> None:
    result = prepare(tmp_path / "o", world / "mazes", more=("--dry-run",))
    assert "40 rows" in result.out
    assert not (tmp_path / "o").exists()


LOAD_WITH_SWIFT = """
import json, sys
from vtb.engine.torchvision_cpu import allow_cpu_torchvision
allow_cpu_torchvision()
from swift.dataset import load_dataset
loaded, _ = load_dataset(sys.argv[1:], num_proc=1, remove_unused_columns=False, shuffle=False)
print("\\n" + json.dumps([loaded[index] for index in range(len(loaded))]))
"""


@pytest.mark.engine
def test_ms_swift_reads_the_rows(world: Path) -> None:
    """Its own loader, which leaves out rows that it does not understand."""
    names = ["train_sft.jsonl", "train_grpo.jsonl"]
    line = [sys.executable, "-c", LOAD_WITH_SWIFT, *names]
    done = subprocess.run(line, capture_output=True, text=True, check=False, cwd=world / "dataset")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    wanted = [row for name in names for row in rows(world / "dataset", name)]
    for column in ("solution", "messages", "id", "task_type"):
        assert [row[column] for row in found] == [row[column] for row in wanted]
    assert [row["images"][0]["path"] for row in found] == [row["images"][0] for row in wanted]
