"""Local copies of artifacts and models: whole or not there, kept by digest, and nothing from a hub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract.command_line import TINY, call, files
from vtb.artifact import read_manifest
from vtb.artifact.local import cache_folder, find_model, folder_digest, local_folder
from vtb.errors import BadInput, NotAvailable

if TYPE_CHECKING:
    from buckets import Bucket


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VTB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def make_mazes(uri: object) -> None:
    assert call("vtb-gen-maze", *TINY, "--count", "4", "--samples-per-shard", "2", "--output", uri).code == 0


def test_a_local_artifact_is_its_own_copy(tmp_path: Path, cache: Path) -> None:
    make_mazes(tmp_path / "mazes")
    uri = f"file://{tmp_path / 'mazes'}"
    assert local_folder(uri, read_manifest(uri)) == tmp_path / "mazes"
    assert not cache.exists()


@pytest.mark.store
def test_a_remote_artifact_is_fetched_once(cache: Path, s3: Bucket) -> None:
    make_mazes(f"{s3.uri}/mazes")
    manifest = read_manifest(f"{s3.uri}/mazes")
    folder = local_folder(f"{s3.uri}/mazes", manifest)
    assert folder == cache / "artifacts" / manifest.digest
    assert read_manifest(str(folder)).digest == manifest.digest
    assert set(files(folder)) == {"manifest.json", *(file.path for file in manifest.all_files())}
    (folder / "mark").touch()
    assert local_folder(f"{s3.uri}/mazes", manifest) == folder
    assert (folder / "mark").exists()
    assert [path.name for path in (cache / "artifacts").iterdir()] == [manifest.digest]


@pytest.mark.store
def test_half_a_download_is_not_kept(cache: Path, s3: Bucket) -> None:
    make_mazes(f"{s3.uri}/mazes")
    (s3.server.root / s3.name / "mazes" / "shards" / "00001.tar").unlink()
    with pytest.raises(BadInput, match=r"shards/00001\.tar"):
        local_folder(f"{s3.uri}/mazes", read_manifest(f"{s3.uri}/mazes"))
    assert list((cache / "artifacts").iterdir()) == []


@pytest.mark.store
def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, s3: Bucket) -> None:
    make_mazes(f"{s3.uri}/mazes")
    (tmp_path / "file").touch()
    monkeypatch.setenv("VTB_CACHE", str(tmp_path / "file"))
    with pytest.raises(NotAvailable, match="set VTB_CACHE to a folder that can"):
        local_folder(f"{s3.uri}/mazes", read_manifest(f"{s3.uri}/mazes"))


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VTB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/me")
    assert cache_folder() == Path("/home/me/.cache/vtb")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_folder() == Path("/xdg/vtb")


def test_a_model_folder(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({}))
    (tmp_path / "model.safetensors").write_bytes(bytes(3 << 20))
    found = find_model(str(tmp_path))
    assert found.folder() == tmp_path
    assert found.entry.digest == folder_digest(tmp_path)
    before = found.entry.digest
    with (tmp_path / "model.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"x")
    assert folder_digest(tmp_path) != before
    (tmp_path / "more").touch()
    assert len({before, folder_digest(tmp_path)}) == 2


def test_a_missing_model_is_not_looked_for_on_a_hub(tmp_path: Path) -> None:
    with pytest.raises(NotAvailable, match="no model there: give a folder with"):
        find_model("Qwen/Qwen3-VL-8B-Instruct")
    with pytest.raises(BadInput, match=r"is no model folder, it has no config\.json"):
        find_model(str(tmp_path))
    with pytest.raises(BadInput, match=r"it has no adapter_config\.json"):
        find_model(str(tmp_path), ("adapter",))


def test_an_artifact_of_another_kind_is_no_model(tmp_path: Path) -> None:
    make_mazes(tmp_path)
    with pytest.raises(BadInput, match="holds puzzles, but this command reads checkpoint"):
        find_model(str(tmp_path))


@pytest.mark.store
def test_a_remote_model_is_told_by_its_manifest_alone(cache: Path, s3: Bucket) -> None:
    assert call("vtb-train-vlm", "tiny-model", "--output", f"{s3.uri}/model").code == 0
    found = find_model(f"{s3.uri}/model")
    assert found.entry.digest == read_manifest(f"{s3.uri}/model").digest
    assert not cache.exists()
    assert (found.folder() / "config.json").is_file()
