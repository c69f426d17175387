"""The launcher against the in-memory stand-in for Kubernetes, with the stages' own programs and a real store."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from buckets import Bucket
from cluster.pipelines import data_launcher, quick, with_store, write_pipeline
from in_memory_kubernetes import Kubernetes
from vtb.artifact import read_manifest
from vtb.cli.run import run_all
from vtb.launch import local
from vtb.pipeline.reading import read_pipeline

pytestmark = pytest.mark.store


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    quick(monkeypatch)
    caplog.set_level(logging.INFO, "vtb")


def test_a_pipeline_runs_to_its_end_and_then_starts_no_pod(
    kubernetes: Kubernetes, s3: Bucket, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_store(kubernetes, s3)
    file = write_pipeline(tmp_path)
    assert data_launcher(file, s3).run() == 0
    out = capsys.readouterr().out
    assert all(f"[{name}] " in out for name in ("mazes", "more/0", "more/1", "more/2", "curated"))
    assert len(kubernetes.pod_runs) == 5
    assert kubernetes.user_agents.keys() == {"vtb-train/0.1.0"}

    for job in kubernetes.objects("jobs"):
        kubernetes.delete("jobs", job["metadata"]["name"])
    assert data_launcher(file, s3).run() == 0
    assert len(kubernetes.pod_runs) == 5
    assert not kubernetes.objects("jobs")

    here = str(tmp_path / "here")
    steps = list(read_pipeline(file).steps)
    assert run_all(steps, here, local.run_step) == 0
    for step in steps:
        assert read_manifest(f"{here}/{step.name}").digest == read_manifest(f"{s3.uri}/{step.name}").digest


def test_a_changed_option_is_not_taken_for_done(kubernetes: Kubernetes, s3: Bucket, tmp_path: Path) -> None:
    with_store(kubernetes, s3)
    step: dict[str, object] = {"name": "mazes", "stage": "gen-maze", "options": {"size": 7, "count": 2}}
    assert data_launcher(write_pipeline(tmp_path, [step]), s3).run() == 0
    changed = {**step, "options": {"size": 7, "count": 3}}
    assert data_launcher(write_pipeline(tmp_path, [changed]), s3).run() == 3  # as the stage itself says
    assert len(kubernetes.pod_runs) == 2
