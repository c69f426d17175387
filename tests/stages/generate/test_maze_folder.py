"""``vtb-gen-maze --layout folder``: the same samples as a tree that the earlier generators wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract.command_line import files, without_run
from stages.generate.dataset_files import samples
from stages.generate.maze_runs import make
from vtb.artifact import read_manifest
from vtb.formats.vlmpuzzle import read_records


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("mazes") / "folder"
    make(made, "--workers", "1", "--layout", "folder")
    return made


def test_the_folder_layout_is_a_vlmpuzzle_tree(folder: Path) -> None:
    task = folder / "maze_square"
    records = list(read_records(task / "data.json"))
    assert [record["id"] for record in records][:2] == ["maze_square-07-0000000", "maze_square-07-0000001"]
    wanted = {
        "id", "prompt", "gpt5_prompt", "canvas_dimensions", "start_point", "goal_point", "image", "solution_image_path",
        "grid_size", "solution_path_cell_ids", "cell_size", "maze_grid", "start", "goal", "padding",
    }  # fmt: skip
    assert all(wanted <= set(record) for record in records)
    named = {record[key] for record in records for key in ("image", "solution_image_path", "solution_video_path")}
    found = {str(path.relative_to(task)) for path in task.rglob("*") if path.suffix in (".png", ".mp4")}
    assert {name for name in found if "reasoning" not in name} == named
    assert len(found) == 18 * 4
    assert (task / "data.json").read_text().startswith("[\n{\n  ")
    manifest = read_manifest(str(folder))
    listed = {file.path for file in manifest.all_files()}
    assert {f"maze_square/{name}" for name in found} < listed
    assert manifest.rows == 18


def test_the_folder_layout_has_the_same_samples(mazes: Path, folder: Path) -> None:
    records = {record["id"]: record for record in read_records(folder / "maze_square" / "data.json")}
    for sample in samples(mazes):
        record = records[sample.key]
        fields = json.loads(sample.parts["json"])
        payload = json.loads(fields.pop("payload"))
        assert fields.pop("key") == record["id"]
        assert {figure["name"]: figure["value"] for figure in fields.pop("difficulty")} == record["difficulty"]
        files = [(folder / "maze_square" / medium["name"]).read_bytes() for medium in record["media"]]
        assert files == [sample.parts[medium["name"]] for medium in fields["media"]]
        kinds = [{**medium, "name": ""} for medium in fields.pop("media")]
        assert kinds == [{**medium, "name": ""} for medium in record["media"]]
        assert {**fields, **payload}.items() <= record.items()
        assert (folder / "maze_square" / record["image"]).read_bytes() == sample.parts["puzzle.png"]
        assert (folder / "maze_square" / record["solution_video_path"]).read_bytes() == sample.parts["solution.mp4"]


def test_the_folder_layout_by_workers_and_after_a_loss(folder: Path, tmp_path: Path) -> None:
    make(tmp_path, "--workers", "2", "--layout", "folder")
    assert without_run(files(tmp_path)) == without_run(files(folder))
    (tmp_path / "manifest.json").unlink()
    (tmp_path / "shards" / "00002.jsonl").unlink()
    make(tmp_path, "--workers", "1", "--layout", "folder")
    assert without_run(files(tmp_path)) == without_run(files(folder))


def test_hugging_face_loads_the_folder_layout(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert datasets.load_dataset(str(folder), cache_dir=str(tmp_path), split="train").num_rows == 18
