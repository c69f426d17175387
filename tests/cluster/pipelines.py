"""Small pipelines of real stages, and clusters that run their programs, or copy an artifact where these would write."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from buckets import Bucket
from in_memory_kubernetes import InstalledPrograms, Kubernetes
from vtb.cluster.api import connect
from vtb.cluster.launcher import Launcher
from vtb.cluster.site import Site
from vtb.cluster.site_file import site_from
from vtb.pipeline.reading import read_pipeline

Steps = Sequence[dict[str, Any]]
DATA: Steps = [
    {"name": "mazes", "stage": "gen-maze", "options": {"size": 7, "count": 6, "samples-per-shard": 2}},
    {"name": "more", "stage": "gen-maze", "options": {"size": 9, "count": 4, "samples-per-shard": 1, "num-shards": 3}},
    {"name": "curated", "stage": "curate", "inputs": ["mazes", "more"], "options": {"test": 0.3}},
]
ONE: Steps = [{"name": "mazes", "stage": "gen-maze", "options": {"size": 7, "count": 2}}]
PARTS: Steps = [{"name": "mazes", "stage": "gen-maze", "options": {"size": 7, "count": 4, "num-shards": 3}}]


def write_pipeline(folder: Path, steps: Steps = DATA, name: str = "data") -> Path:
    """A pipeline file."""
    path = folder / "pipeline.yaml"
    path.write_text(yaml.safe_dump({"name": name, "steps": list(steps)}, sort_keys=False), encoding="utf-8")
    return path


def with_store(cluster: Kubernetes, s3: Bucket) -> None:
    """Run the stages' own programs in this cluster, with the keys of the store in a Secret."""
    cluster.run = InstalledPrograms()
    with_keys(cluster, s3)


def with_keys(cluster: Kubernetes, s3: Bucket) -> None:
    """The Secret with the keys of the store."""
    keys = {"AWS_ACCESS_KEY_ID": s3.server.access_key, "AWS_SECRET_ACCESS_KEY": s3.server.secret_key}
    cluster.create("secrets", {"metadata": {"name": "s3"}, "stringData": keys})


def data_launcher(file: Path, s3: Bucket) -> Launcher:
    """A launcher of a pipeline into a bucket."""
    site = the_site(store={"existingSecret": "s3", "endpoint": s3.server.url})
    pipeline = read_pipeline(file)
    return Launcher(connect("test"), pipeline, pipeline.steps, s3.uri, site)


def the_launcher(file: Path, folder: Path, **site: object) -> Launcher:
    """A launcher of a pipeline into a folder, with keys of a site file."""
    pipeline = read_pipeline(file)
    return Launcher(connect("test"), pipeline, pipeline.steps, str(folder), the_site(**site))


def the_site(**more: object) -> Site:
    """A site in the namespace of the tests."""
    return site_from({"namespace": "test", **more})


def copying(artifact: Path) -> Any:
    """What a container does that finds its artifact made already: copies it to where its arguments say.

    Pods of several indexes do so at the same time, as threads of the test.
    """
    one_at_a_time = threading.Lock()

    def copy(pod: dict[str, Any], log: Any) -> int:
        words = log.container["args"]
        target = Path(words[words.index("--output") + 1])
        with one_at_a_time:
            if not target.exists():
                shutil.copytree(artifact, target)
        log.write("copied\n")
        return 0

    return copy


def in_background(launcher: Any) -> tuple[threading.Thread, list[int]]:
    """Run a launcher in a thread; the list gets its exit code."""
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(launcher.run()), daemon=True)
    thread.start()
    return thread, codes


def waiting(release: threading.Event, then: Any) -> Any:
    """What a container does that says `started`, and goes on when it is let go."""

    def run(pod: dict[str, Any], log: Any) -> int:
        log.write("started\n")
        while not release.is_set():
            log.sleep(0.05)
        return int(then(pod, log))

    return run


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short waits of the launcher."""
    monkeypatch.setattr("vtb.cluster.launcher.LOOK_S", 0.1)
    for name, seconds in {"PENDING_S": 0.3, "ASK_AGAIN_S": 0.5, "PROGRESS_S": 0.2}.items():
        monkeypatch.setattr(f"vtb.cluster.telling.{name}", seconds)
