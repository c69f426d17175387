"""What people's machines leave in folders changes nothing for any reader."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from vtb.artifact.local import folder_digest
from vtb.datasets.readers import describe_input
from vtb.formats.arc import read_tasks
from vtb.formats.hub import parquet_files
from vtb.formats.leftovers import left_behind
from vtb.formats.vlmpuzzle import data_files
from vtb_eval.answers import Answers

TASK = {"train": [{"input": [[1]], "output": [[2]]}], "test": [{"input": [[3]], "output": [[4]]}]}
JUNK = b"\x00\x05\x16\x07Mac OS X"


def litter(folder: Path, *names: str) -> None:
    """What a Mac, a Windows machine, a notebook and an unpacked zip leave beside files of these names."""
    for place in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        for name in (*(f"._{name}" for name in names), ".DS_Store", "Thumbs.db", "desktop.ini"):
            (place / name).write_bytes(JUNK)
    for below in ("__MACOSX", ".ipynb_checkpoints"):
        for name in names:
            (folder / below / "deep").mkdir(parents=True, exist_ok=True)
            (folder / below / name).write_bytes(JUNK)
            (folder / below / "deep" / name).write_bytes(JUNK)


@pytest.mark.parametrize(
    "path",
    ["._a.png", "x/._a.png", ".DS_Store", "x/.DS_Store", ".ipynb_checkpoints/a.json", "Thumbs.db", "thumbs.db",
     "Desktop.ini", "__MACOSX/a/data.json", "x/__MACOSX/a.json", ".Trashes/a", "~$answers.txt", "a.txt~"],
)  # fmt: skip
def test_what_machines_leave_behind(path: str) -> None:
    assert left_behind(path)


@pytest.mark.parametrize("path", ["a.png", "_a.png", ".a.png", "x/.b/a.png", "DS_Store.png", "thumbs.png", "macosx/a"])
def test_what_people_name_their_files(path: str) -> None:
    assert not left_behind(path)


def test_parquet_files(tmp_path: Path) -> None:
    columns = {name: ["a"] for name in ("task", "id", "prompt")} | {
        name: [b"x"] for name in ("image", "solution_image")
    }
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "test-00000-of-00001.parquet"
    pyarrow.parquet.write_table(pyarrow.table(columns), file)
    litter(tmp_path, file.name)
    assert parquet_files(tmp_path) == [file]
    assert describe_input(str(tmp_path)).kind == describe_input(str(file)).kind


def test_data_files_of_tasks(tmp_path: Path) -> None:
    (tmp_path / "midpoint").mkdir()
    (tmp_path / "midpoint" / "data.json").write_text("[]")
    litter(tmp_path, "data.json")
    assert data_files(tmp_path) == [tmp_path / "midpoint" / "data.json"]
    shutil.rmtree(tmp_path / "midpoint")
    (tmp_path / "some.parquet").write_bytes(b"")
    with pytest.raises(Exception, match="is no readable parquet file"):  # and not: has a data.json
        describe_input(str(tmp_path))


def test_arc_tasks_in_a_folder_and_in_a_zip(tmp_path: Path) -> None:
    folder = tmp_path / "tasks"
    (folder / "training").mkdir(parents=True)
    (folder / "training" / "a.json").write_text(json.dumps(TASK))
    litter(folder, "a.json", "b.json")
    assert [task.task_id for task in read_tasks(folder)] == ["a"]
    with zipfile.ZipFile(tmp_path / "tasks.zip", "w") as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(folder))
    assert [task.task_id for task in read_tasks(tmp_path / "tasks.zip")] == ["a"]


def test_model_folders_have_one_digest(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    before = folder_digest(tmp_path)
    litter(tmp_path, "config.json")
    assert folder_digest(tmp_path) == before


def test_answers(tmp_path: Path) -> None:
    (tmp_path / "p1").mkdir()
    for name in ("p1.png", "p1/video_1.mp4", "p2.txt"):
        (tmp_path / name).write_bytes(b"x")
    litter(tmp_path, "p1.png", "p2.txt", "video_1.mp4")
    answers = Answers([str(tmp_path)])
    answers.settle({"p1", "p2"})
    assert [answers.strangers, answers.unread] == [[], []]
    assert [[sorted(one) for one in answers.attempts(key)] for key in ("p1", "p2")] == [
        [["image", "video"]],
        [["text"]],
    ]
