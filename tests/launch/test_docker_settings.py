"""What the Docker launcher tells the engine; no engine is asked here."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from vtb.errors import NotAvailable
from vtb.launch import container
from vtb.launch.docker import DockerLauncher
from vtb.pipeline.step import Step


def step(name: str = "mazes", stage: str = "gen-maze", **options: Any) -> Step:
    return Step(name, stage, options, {})


def test_a_container_may_do_little(tmp_path: Path) -> None:
    found = container.container_settings(step(), str(tmp_path))
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges"]
    assert set(found["tmpfs"]) == {"/tmp", "/cache"}
    assert found["network_mode"] == "none"
    labels = {"vtb.stage.command": "gen-maze", "vtb.step": "mazes", "vtb.output": f"{tmp_path}/mazes"}
    assert found["labels"] == labels
    assert not found["user"].startswith("0:")
    assert "privileged" not in found


def test_network_only_for_what_is_remote(tmp_path: Path) -> None:
    assert container.container_settings(step(), "s3://bucket/run")["network_mode"] == "host"
    sft = step(stage="train-vlm sft", model="s3://bucket/model")
    assert container.container_settings(sft, str(tmp_path))["network_mode"] == "host"
    assert container.container_settings(step(), "s3://bucket/run")["volumes"] == {}


GIVEN = {
    "AWS_SECRET_ACCESS_KEY": "s", "S3_ENDPOINT_URL": "http://x", "HF_TOKEN": "t", "VTB_GEN_MAZE_SEED": "5",
    "VTB_TRAIN_VLM_SFT_MODEL": "/m", "VTB_S3_RETRIES": "3", "VTB_GRACE_S": "9", "VTB_RUN_STORE": "/x",
    "VTB_CACHE": "/home/me/.cache", "HOME": "/home/me", "PATH": "/bin", "PYTHONPATH": "/src", "GITHUB_TOKEN": "g",
    "SSH_AUTH_SOCK": "/tmp/s",
}  # fmt: skip
REMOTE = {"AWS_SECRET_ACCESS_KEY": "s", "S3_ENDPOINT_URL": "http://x", "VTB_S3_RETRIES": "3"}


def test_the_settings_show_only_what_belongs_to_the_command() -> None:
    assert container.environment(step(), GIVEN) == {"VTB_GEN_MAZE_SEED": "5", "VTB_GRACE_S": "9"}
    sft = step(stage="train-vlm sft")
    assert container.environment(sft, GIVEN) == {"VTB_TRAIN_VLM_SFT_MODEL": "/m", "VTB_GRACE_S": "9"}


@pytest.mark.parametrize(
    ("one", "store", "secrets"),
    [
        (step(), "/out", {}),
        (step(), "s3://b/x", REMOTE),
        (step(stage="curate", benchmark=["s3://b/y"]), "/out", REMOTE),
        (Step("a", "curate", {}, {"input": ("s3://b/y",)}), "/out", REMOTE),
        (step(stage="train-vlm sft", model="/m"), "/out", {"HF_TOKEN": "t"}),
    ],
)
def test_credentials_go_where_they_are_needed(one: Step, store: str, secrets: dict[str, str]) -> None:
    assert container.secrets(one, one.arguments(store), GIVEN) == secrets


def test_trying_a_step_makes_no_folder(tmp_path: Path) -> None:
    assert container.mounts(step(), str(tmp_path / "none"), write=False) == {}
    assert container.mounts(step(), str(tmp_path), write=False) == {
        str(tmp_path): {"bind": str(tmp_path), "mode": "ro"}
    }
    assert list(tmp_path.iterdir()) == []


def test_inputs_elsewhere_are_mounted_to_read(tmp_path: Path) -> None:
    (tmp_path / "a b").mkdir()
    other = Step("a", "curate", {"benchmark": [str(tmp_path / "a b")]}, {"input": (f"file://{tmp_path}/a%20b",)})
    place = str(tmp_path / "a b")
    assert container.mounts(other, "s3://b/x") == {place: {"bind": place, "mode": "ro"}}


def test_the_store_is_mounted_where_it_lies(tmp_path: Path) -> None:
    found = container.mounts(step(), f"file://{tmp_path}/a%20store")
    root = str(tmp_path / "a store")
    assert found == {root: {"bind": root, "mode": "rw"}}
    assert (tmp_path / "a store" / "mazes").is_dir()


def test_local_files_of_options_are_mounted_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models" / "big").mkdir(parents=True)
    (tmp_path / "test").mkdir()
    monkeypatch.chdir(tmp_path)
    sft = container.with_absolute_paths(step(stage="train-vlm sft", model="models/big", deepspeed="zero2"))
    model = str(tmp_path / "models" / "big")
    assert sft.options == {"model": model, "deepspeed": "zero2"}
    assert container.mounts(sft, "s3://b/x") == {model: {"bind": model, "mode": "ro"}}
    # A word is not the folder of that name, and what is not here is nobody's folder.
    plain = container.with_absolute_paths(step(stage="eval predict", split="test", model="org/name"))
    assert plain.options == {"split": "test", "model": "org/name"}
    assert container.mounts(plain, "s3://b/x") == {}


@pytest.mark.parametrize(("uid", "user"), [(0, "1000:0"), (1234, "1234:77")])
def test_files_belong_to_the_caller_but_never_to_root(uid: int, user: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: uid)
    monkeypatch.setattr(os, "getgid", lambda: 77)
    assert container.user() == user


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotAvailable, match="choose another --store"):
        container.mounts(step(), str(tmp_path / "file"))


def test_provenance_prefers_the_digest_of_a_registry() -> None:
    label = {"org.opencontainers.image.revision": "abc"}
    local = SimpleNamespace(attrs={"RepoDigests": []}, id="sha256:1", labels=label)
    pulled = SimpleNamespace(attrs={"RepoDigests": ["r/vtb@sha256:2"]}, id="sha256:1", labels={})
    assert container.provenance(local) == {"VTB_IMAGE_DIGEST": "sha256:1", "VTB_REVISION": "abc"}
    assert container.provenance(pulled) == {"VTB_IMAGE_DIGEST": "r/vtb@sha256:2", "VTB_REVISION": ""}


def test_gpus_only_for_stages_that_use_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda path: str(path) == "/dev/nvidiactl")
    assert "device_requests" not in container.container_settings(step(), "s3://b/x")
    assert container.container_settings(step(stage="train-vlm sft"), "s3://b/x")["device_requests"]
    monkeypatch.setattr(Path, "exists", lambda path: False)
    assert "device_requests" not in container.container_settings(step(stage="train-vlm sft"), "s3://b/x")


def test_no_engine_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(NotAvailable, match="no Docker engine answers"):
        DockerLauncher()
