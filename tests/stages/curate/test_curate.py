"""``vtb-curate``: what is good stays as it is, and is described."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from stages.curate.curate_runs import by_split, curate, good, samples
from vtb.artifact import Plan, read_manifest
from vtb.artifact.output import Output
from vtb.media.image import decode_image
from vtb.report.dataset import PAGES


def test_everything_good_stays_byte_for_byte(mazes: Path, tmp_path: Path) -> None:
    manifest = good(tmp_path, mazes, more=("--val", "0.2", "--test", "0.2", "--samples-per-shard", "5"))
    kept = manifest.metrics["kept"]
    assert sum(kept.values()) == manifest.metrics["read"] == manifest.rows == 24
    assert manifest.splits == {split: count for split, count in kept.items() if count}
    assert all(kept[split] == len(found) for split, found in by_split(tmp_path).items())
    before = {sample.key: sample for sample in samples(mazes)}
    assert {sample.key: sample for sample in samples(tmp_path)} == before
    assert all(shard.rows <= 5 for shard in manifest.shards)
    for shard in manifest.shards:
        assert shard.path.startswith(f"shards/{shard.split}-")
        assert len(samples(tmp_path, shard.path)) == shard.rows
    paths = {file.path for file in manifest.files}
    assert {"README.md", "gallery.png", *PAGES.values(), "verdicts/00000.jsonl", "verdicts/00005.jsonl"} <= paths
    assert manifest.plan.inputs[0].digest == read_manifest(str(mazes)).digest


def test_the_card_names_the_splits(mazes: Path, tmp_path: Path) -> None:
    good(tmp_path, mazes, more=("--val", "0.3", "--test", "0"))
    head = yaml.safe_load((tmp_path / "README.md").read_text().split("---\n")[1])
    names = [entry["split"] for entry in head["configs"][0]["data_files"]]
    assert names == ["train", "val"]
    assert decode_image((tmp_path / "gallery.png").read_bytes()).shape[0] > 100


def test_the_pages_show_the_first_of_each_kind_and_how_hard_all_are(mazes: Path, tmp_path: Path) -> None:
    good(tmp_path, mazes)
    preview = (tmp_path / "preview.html").read_text()
    shown = [sample.key for sample in samples(tmp_path) if sample.key in preview]
    assert len(shown) == 4
    assert "path_length" in (tmp_path / "difficulty.html").read_text().replace(" ", "_")
    assert all(page in (tmp_path / "README.md").read_text() for page in PAGES.values())


def test_hugging_face_loads_the_splits(mazes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    manifest = good(tmp_path / "o", mazes, more=("--val", "0.3", "--test", "0.3"))
    loaded = datasets.load_dataset(str(tmp_path / "o"), cache_dir=str(tmp_path / "cache"))
    assert {name: split.num_rows for name, split in loaded.items()} == manifest.splits


def test_an_empty_artifact(tmp_path: Path) -> None:
    output = Output(str(tmp_path / "m"), Plan("puzzles", "vtb-x", 1, {}))
    output.begin()
    output.commit([])
    result = curate(tmp_path / "o", tmp_path / "m")
    assert result.code == 3
    assert "m: holds no samples" in result.err
