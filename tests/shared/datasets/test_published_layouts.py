"""The layouts in which the benchmark is published, read from the root or from any folder below."""

from __future__ import annotations

import json
import logging
import shutil
from collections import Counter
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from shared.benchmarks.videothinkbench.benchmark_like import pictures, published, write_folder
from vtb.datasets.readers import choose_split, chunks, describe_input, read_chunk, read_keys
from vtb.errors import BadInput
from vtb.media.image import encode_rgb

VISION, MINI = "Vision-Centric_Reasoning", "minitest_Vision-Centric_Reasoning"


def table(file: Path, task: str, *ids: str) -> None:
    """A parquet file with rows of one task."""
    puzzle, solution = (encode_rgb(picture) for picture in pictures(task))
    row = {"task": task, "prompt": "?", "image": {"bytes": puzzle}, "solution_image": {"bytes": solution}}
    file.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([{**row, "id": name} for name in ids]), file)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("hub") / "VideoThinkBench"
    for folder, each in ((VISION, 3), (MINI, 1)):
        for config, task in (("Eyeballing_Puzzles", "midpoint"), ("Mazes", "maze_square")):
            table(root / folder / f"{config}.parquet", task, *(f"{task}-{number}" for number in range(each)))
    for name in (f"{VISION}/._Mazes.parquet", "__MACOSX/Mazes.parquet", ".cache/huggingface/x.parquet"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"not a table")
    return root


def splits_of(root: Path) -> dict[str | None, int]:
    rows = Counter[str | None]()
    for chunk in chunks(describe_input(str(root))):
        rows[chunk.split] += chunk.rows
    return dict(rows)


def test_the_hub_as_it_is_downloaded(hub: Path) -> None:
    assert splits_of(hub) == {"test": 6, "minitest": 2}
    assert splits_of(hub / VISION) == {"test": 6}
    assert splits_of(hub / MINI) == {"minitest": 2}
    assert splits_of(hub / MINI / "Mazes.parquet") == {"minitest": 1}
    assert splits_of(hub / VISION / "Mazes.parquet") == {"test": 3}


def test_one_split_is_read_and_the_other_is_named(hub: Path, caplog: pytest.LogCaptureFixture) -> None:
    every = chunks(describe_input(str(hub)))
    with caplog.at_level(logging.INFO):
        chosen = choose_split(every, "test", "hub")
    assert sorted(key for chunk in chosen for key in read_keys(chunk)) == sorted(
        f"{task}-{number}" for task in ("midpoint", "maze_square") for number in range(3)
    )
    assert "hub: split test (6 samples); left out: minitest (2)" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.INFO):
        assert choose_split(every, "all", "hub") == every
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("data/validation-00000-of-00001.parquet", "val"), ("data/train-00000-of-00001.parquet", "train"),
        ("data/test-00000-of-00001.parquet", "test"), ("default/minitest/0000.parquet", "minitest"),
        ("minitest_Vision-Centric_Reasoning/Mazes/test-00000-of-00001.parquet", "minitest"),
        ("Mazes.parquet", "test"), ("test_Vision/Mazes-00000-of-00002.parquet", "test"),
    ],
)  # fmt: skip
def test_the_split_of_a_file_by_its_place(tmp_path: Path, path: str, split: str) -> None:
    root = tmp_path / "downloaded"
    table(root / path, "midpoint", "midpoint-0")
    for place in (root, (root / path).parent, root / path):
        assert splits_of(place) == {split: 1}, place


def test_val_may_be_called_validation(tmp_path: Path) -> None:
    table(tmp_path / "x" / "validation-00000-of-00001.parquet", "midpoint", "a")
    every = chunks(describe_input(str(tmp_path / "x")))
    assert len(choose_split(every, "validation", "x")) == len(choose_split(every, "val", "x")) == 1
    with pytest.raises(BadInput, match=r"no split 'test', only val \(1\)"):
        choose_split(every, "test", "x")


@pytest.mark.parametrize("below", ["visual_puzzles/visual_puzzles", "a/b/c/visual_puzzles", "."])
def test_folders_as_zips_unpack_them(tmp_path: Path, below: str) -> None:
    root = tmp_path / "unzipped"
    write_folder(root / below, ["visual_color_grid", "midpoint"], 1)
    (root / "__MACOSX").mkdir()
    (root / "__MACOSX" / "data.json").write_text("{")
    for place in (root, root / below):
        entry = describe_input(str(place))
        assert entry.kind == "vlmpuzzle-folder"
        assert splits_of(place) == {None: 2}
        tasks = [loaded.example.task for chunk in chunks(entry) for loaded in read_chunk(chunk)]
        assert sorted(tasks) == ["midpoint", "visual_color_grid"]


def test_folders_may_have_splits_too(tmp_path: Path) -> None:
    for folder in ("train", "validation", MINI):
        write_folder(tmp_path / "set" / folder, ["midpoint"], 1)
    assert splits_of(tmp_path / "set") == {"train": 1, "val": 1, "minitest": 1}
    every = chunks(describe_input(str(tmp_path / "set")))
    found = [loaded.example.split for chunk in every for loaded in read_chunk(chunk)]
    assert found == [chunk.split for chunk in every]
    assert splits_of(tmp_path / "set" / MINI) == {"minitest": 1}
    shutil.move(tmp_path / "set" / "train" / "midpoint", tmp_path / "test")  # the user's own word, not a layout's
    assert splits_of(tmp_path / "test") == {None: 1}


def test_what_workers_leave_below_a_task_is_not_read_twice(tmp_path: Path) -> None:
    write_folder(tmp_path / "set", ["midpoint"], 1)
    (tmp_path / "set" / "midpoint" / "worker_00").mkdir()
    (tmp_path / "set" / "midpoint" / "worker_00" / "data.json").write_text(json.dumps([published("midpoint")]))
    assert splits_of(tmp_path / "set") == {None: 1}


def test_linked_folders_are_read_once(tmp_path: Path) -> None:
    write_folder(tmp_path / "elsewhere", ["midpoint"], 1)
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "midpoint").symlink_to(tmp_path / "elsewhere" / "midpoint")
    (tmp_path / "set" / "around").symlink_to(tmp_path / "set")
    assert splits_of(tmp_path / "set") == {None: 1}


def test_both_forms_in_one_folder_are_refused(hub: Path, tmp_path: Path) -> None:
    shutil.copytree(hub / VISION, tmp_path / "both" / VISION)
    write_folder(tmp_path / "both" / "visual_puzzles" / "visual_puzzles", ["visual_color_grid"], 1)
    with pytest.raises(BadInput, match=r"holds parquet files \(.*Puzzles\.parquet\) and data\.json .*give the folder"):
        describe_input(str(tmp_path / "both"))


def test_nothing_to_read_is_said(tmp_path: Path) -> None:
    table(tmp_path / "t" / "test-0.parquet", "midpoint", "a")
    file = tmp_path / "t" / "test-0.parquet"
    pyarrow.parquet.write_table(pyarrow.parquet.read_table(file).slice(0, 0), file)
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "data.json").write_text("[]")
    for name in ("t", "d"):
        with pytest.raises(BadInput, match="holds no samples"):
            chunks(describe_input(str(tmp_path / name)))


def test_a_zip_is_to_be_unpacked(tmp_path: Path) -> None:
    shutil.make_archive(str(tmp_path / "set"), "zip", write_folder(tmp_path / "x", ["midpoint"], 1))
    with pytest.raises(BadInput, match=r"set\.zip: is a zip file: unpack it"):
        describe_input(str(tmp_path / "set.zip"))
