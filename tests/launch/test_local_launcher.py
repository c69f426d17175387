"""``vtb run --on local``: real steps as processes of this machine."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from contract.command_line import BIN, files, killed_at_the_end, run, session_members, start
from vtb.artifact import find_manifest, read_manifest
from vtb.cli.run import run_all
from vtb.cli.show import check_all
from vtb.pipeline.reading import read_pipeline
from vtb.store import open_store

if TYPE_CHECKING:
    from buckets import Bucket

STEPS = [
    {"name": "mazes", "stage": "gen-maze",
     "options": {"size": [7], "count": 12, "cell-px": 8, "endpoints": "random", "samples-per-shard": 5, "workers": 1}},
    {"name": "curated", "stage": "curate", "inputs": ["mazes"], "options": {"val": 0.2, "test": 0.2, "workers": 1}},
    {"name": "dataset", "stage": "prepare vlm", "inputs": ["curated"], "options": {"workers": 1}},
]  # fmt: skip
NAMES = [str(step["name"]) for step in STEPS]


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    path = tmp_path / "pipeline.yaml"
    path.write_text(yaml.safe_dump({"name": "test", "steps": STEPS}))
    return path


def digests(store: str) -> dict[str, str]:
    return {name: read_manifest(f"{store}/{name}").digest for name in NAMES}


@pytest.mark.store
def test_a_pipeline_on_s3_and_in_a_folder(pipeline: Path, s3: Bucket, tmp_path: Path) -> None:
    remote, local = f"{s3.uri}/run", str(tmp_path / "run")
    for store in (remote, local):
        done = run("vtb", "run", pipeline, "--on", "local", "--store", store)
        assert done.code == 0, done.err
        assert done.out.splitlines()[-1] == f"{store}/dataset"
        assert [f"{store}/{name}" for name in NAMES] == done.out.splitlines()[:3]
        assert "step 2 of 3: curated (curate)" in done.err
    assert digests(remote) == digests(local)
    dataset = read_manifest(f"{remote}/dataset")
    assert dataset.plan.inputs[0].uri == f"{remote}/curated"
    check_all(open_store(f"{remote}/dataset"), dataset)
    assert s3.env["AWS_SECRET_ACCESS_KEY"] not in done.err + json.dumps(dict(dataset.run))
    again = run("vtb", "run", pipeline, "--store", remote)
    assert again.code == 0, again.err
    assert again.err.count("already complete") == 3


def test_the_second_run_touches_nothing(pipeline: Path, tmp_path: Path) -> None:
    store = tmp_path / "run"
    assert run("vtb", "run", pipeline, "--store", store).code == 0
    before = {name: (store / name).stat().st_mtime_ns for name in files(store)}
    again = run("vtb", "run", pipeline, "--store", store)
    assert (again.code, again.err.count("already complete")) == (0, 3), again.err
    assert {name: (store / name).stat().st_mtime_ns for name in files(store)} == before
    changed = run("vtb", "run", pipeline, "--store", store, "--set", "mazes.count=13")
    assert (changed.code, "count: there [12], here [13]" in changed.err) == (3, True), changed.err


def test_dry_run_prints_commands_for_a_shell(pipeline: Path, tmp_path: Path) -> None:
    store = tmp_path / "a store's folder"
    dry = run("vtb", "run", pipeline, "--store", store, "--dry-run", "--set", "dataset.seed=5")
    assert (dry.code, store.exists()) == (0, False), dry.err
    assert len(dry.out.splitlines()) == 3
    env = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    subprocess.run(["sh", "-e", "-c", dry.out], env=env, check=True, capture_output=True, timeout=60)
    done = run("vtb", "run", pipeline, "--store", store, "--set", "dataset.seed=5")
    assert (done.code, done.err.count("already complete")) == (0, 3), done.err
    assert read_manifest(str(store / "dataset")).plan.config["seed"] == 5
    assert shlex.quote(str(store / "mazes")) in dry.out


def test_only_some_steps(pipeline: Path, tmp_path: Path) -> None:
    store = tmp_path / "run"
    early = run("vtb", "run", pipeline, "--store", store, "--only", "curated")
    assert (early.code, "holds no artifact" in early.err) == (3, True), early.err
    assert run("vtb", "run", pipeline, "--store", store, "--only", "mazes", "--only", "curated").code == 0
    assert sorted(path.name for path in store.iterdir()) == ["curated", "mazes"]


def test_options_from_the_environment(pipeline: Path, tmp_path: Path) -> None:
    env = {"VTB_RUN_STORE": str(tmp_path / "run"), "VTB_RUN_ONLY": "mazes", "VTB_RUN_LOG_FORMAT": "json"}
    done = run("vtb", "run", pipeline, env=env)
    assert done.code == 0, done.err
    assert (tmp_path / "run" / "mazes" / "manifest.json").exists()
    assert json.loads(done.err.splitlines()[0])["message"] == "step 1 of 1: mazes (gen-maze)"


# --- steps that fail


def test_the_first_failure_ends_the_run_with_its_code(pipeline: Path, tmp_path: Path) -> None:
    """What only the data shows; what can be known before is test_preflight's."""
    store = tmp_path / "run"
    done = run("vtb", "run", pipeline, "--store", store, "--set", "curated.difficulty=no_such_figure=1..2")
    assert done.code == 3, done.err
    (line,) = done.error_lines
    assert "no_such_figure" in line
    assert "step curated ended with exit code 3" in done.err
    complete = [name for name in NAMES if find_manifest(open_store(str(store / name)))]
    assert complete == ["mazes"]
    assert not (store / "dataset").exists()
    assert "step 3" not in done.err


def test_a_step_that_is_killed_counts_as_a_shell_counts(pipeline: Path, tmp_path: Path) -> None:
    steps = list(read_pipeline(pipeline).steps)
    tried = []

    def killed(step: object, store: str) -> int:
        tried.append(step)
        return -signal.SIGKILL

    assert run_all(steps, str(tmp_path), killed) == 137
    assert len(tried) == 1


# --- signals


def _long_run(pipeline: Path, store: Path) -> subprocess.Popen[str]:
    process = start("vtb", "run", pipeline, "--store", store, "--set", "mazes.count=500000")
    deadline = time.monotonic() + 30
    while not list((store / "mazes").glob("shards/*.tar")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process


@pytest.mark.parametrize(
    ("send", "code"),
    [
        (lambda process: process.send_signal(signal.SIGTERM), 75),  # as Kubernetes or systemd: to this process alone
        (lambda process: os.killpg(process.pid, signal.SIGTERM), 75),
        (lambda process: os.killpg(process.pid, signal.SIGINT), 130),  # as a terminal: to all
    ],
    ids=["sigterm", "sigterm to all", "ctrl-c"],
)
def test_signals_end_the_step_too(
    send: Callable[[subprocess.Popen[str]], None], code: int, pipeline: Path, tmp_path: Path
) -> None:
    store = tmp_path / "run"
    with killed_at_the_end(_long_run(pipeline, store)) as process:
        send(process)
        _, err = process.communicate(timeout=20)
        assert process.returncode == code, err
        assert session_members(process.pid) == []
    assert not (store / "mazes" / "manifest.json").exists()
    assert not (store / "curated").exists()
    assert "run the same command again to continue" in err
    assert "Traceback" not in err


def test_a_killed_launcher_takes_its_step_with_it(pipeline: Path, tmp_path: Path) -> None:
    store = tmp_path / "run"
    with killed_at_the_end(_long_run(pipeline, store)) as process:
        assert len(session_members(process.pid)) > 1
        process.kill()
        process.wait()
        deadline = time.monotonic() + 20
        while session_members(process.pid):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert not (store / "mazes" / "manifest.json").exists()
