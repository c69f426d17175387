"""For tests of the launcher, which import its fixtures: a pipeline of one step, whose containers copy its artifact."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from cluster.pipelines import ONE, copying, quick, write_pipeline
from in_memory_kubernetes import Kubernetes
from vtb.launch import local
from vtb.pipeline.reading import read_pipeline


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    quick(monkeypatch)
    caplog.set_level(logging.INFO, "vtb")


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the one step makes."""
    folder = tmp_path_factory.mktemp("made")
    step = read_pipeline(write_pipeline(folder, ONE)).steps[0]
    assert local.run_step(step, str(folder)) == 0
    return folder / "mazes"


@pytest.fixture
def cluster(kubernetes: Kubernetes, artifact: Path) -> Kubernetes:
    kubernetes.run = copying(artifact)
    return kubernetes


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_pipeline(tmp_path, ONE)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"
