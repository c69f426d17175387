"""For tests of ``vtb run --on docker``, which import its fixtures: a pipeline of three steps, and their containers."""

from __future__ import annotations

import secrets
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from container_tools import LIGHT, build, docker
from container_tools import containers as with_label
from contract.command_line import killed_at_the_end, start
from vtb.artifact import read_manifest


@pytest.fixture(scope="module", autouse=True)
def images() -> None:
    """The images of the steps, as the tree is now."""
    build(LIGHT)


@pytest.fixture
def names() -> tuple[str, str, str]:
    """Steps that no other test has: their containers are known by their labels."""
    own = secrets.token_hex(3)
    return f"mazes-{own}", f"curated-{own}", f"dataset-{own}"


@pytest.fixture
def pipeline(names: tuple[str, str, str], tmp_path: Path) -> Path:
    """The file of a pipeline from mazes to a dataset."""
    mazes, curated, dataset = names
    small = {"size": [7], "count": 12, "cell-px": 8, "endpoints": "random", "samples-per-shard": 5, "workers": 1}
    steps = [
        {"name": mazes, "stage": "gen-maze", "options": small},
        {"name": curated, "stage": "curate", "inputs": [mazes], "options": {"val": 0.2, "test": 0.2}},
        {"name": dataset, "stage": "prepare vlm", "inputs": [curated]},
    ]
    path = tmp_path / "pipeline.yaml"
    path.write_text(yaml.safe_dump({"name": "test", "steps": steps}))
    return path


@pytest.fixture(autouse=True)
def no_container_left(names: tuple[str, str, str]) -> Iterator[None]:
    """Whatever happens to a step, its container is gone afterwards."""
    yield
    left = [container for name in names for container in containers(name)]
    for container in left:
        docker("rm", "-f", container)
    assert left == []


def containers(step: str) -> list[str]:
    """The containers of a step, running or not."""
    return with_label("vtb.step", step)


def digests(store: str, names: tuple[str, ...]) -> list[str]:
    """The digests of what these steps have made in a store."""
    return [read_manifest(f"{store}/{name}").digest for name in names]


@pytest.fixture
def long_run(
    pipeline: Path, names: tuple[str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[subprocess.Popen[str]]:
    """A step of some minutes, seen by its first log line; nothing is asked of S3, but its credentials are there."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", f"secret-{secrets.token_hex(8)}")
    words = ("run", pipeline, "--on", "docker", "--store", tmp_path / "out", "--set", f"{names[0]}.count=900000")
    with killed_at_the_end(start("vtb", *words)) as process:
        assert process.stderr is not None
        too_late = threading.Timer(60, process.kill)
        too_late.start()
        while "different mazes exist" not in (line := process.stderr.readline()):
            assert line, "the log of a running step does not come through"
        too_late.cancel()
        yield process
