"""The launcher when the API server breaks off, fails or refuses; containers copy a finished artifact."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from cluster.one_step import artifact as artifact  # fixtures
from cluster.one_step import at_once as at_once
from cluster.one_step import cluster as cluster
from cluster.one_step import file as file
from cluster.one_step import store as store
from cluster.pipelines import (
    in_background,
    the_launcher,
    the_site,
    waiting,
)
from in_memory_kubernetes import Kubernetes
from vtb.cluster.gang import step_objects
from vtb.errors import NotAvailable
from vtb.pipeline.reading import read_pipeline


@pytest.mark.parametrize("trouble", ["expire_watches", "restart"])
def test_watches_survive(cluster: Kubernetes, file: Path, store: Path, trouble: str) -> None:
    release = threading.Event()
    cluster.run = waiting(release, cluster.run)
    thread, codes = in_background(the_launcher(file, store))
    cluster.wait(lambda: cluster.pod_runs)
    getattr(cluster, trouble)()
    release.set()
    thread.join(30)
    assert codes == [0]
    assert len(cluster.pod_runs) == 1


def test_a_log_is_not_told_twice_when_the_api_server_restarts(
    cluster: Kubernetes, file: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release = threading.Event()
    cluster.run = waiting(release, cluster.run)
    thread, _ = in_background(the_launcher(file, store))
    cluster.wait(lambda: cluster.requests["get", "pods/log"])
    cluster.restart()
    release.set()
    thread.join(30)
    assert capsys.readouterr().out.splitlines() == ["[mazes] started", "[mazes] copied"]


@pytest.mark.parametrize("answer", [409, 429, 500, 503, "reset", "lost"])
@pytest.mark.parametrize("verb", ["create", "list", "watch", "get"])
def test_trouble_that_passes(cluster: Kubernetes, file: Path, store: Path, verb: str, answer: Any) -> None:
    if answer == 409 and verb != "create":
        pytest.skip("only creating meets a conflict")
    if answer == 409:  # somebody else has just made it
        pipeline = read_pipeline(file)
        cluster.create("jobs", step_objects(pipeline, pipeline.steps[0], str(store), the_site())[0])
    cluster.fail(verb, "*", answer, times=2, retry_after=0)
    assert the_launcher(file, store).run() == 0
    assert len(cluster.objects("jobs")) == 1


@pytest.mark.parametrize(("verb", "resource"), [("create", "jobs"), ("watch", "pods"), ("list", "jobs")])
def test_what_is_forbidden_is_told(cluster: Kubernetes, file: Path, store: Path, verb: str, resource: str) -> None:
    cluster.forbid(verb, resource)
    with pytest.raises(NotAvailable, match=f"does not let us .* in namespace test: .*{resource}"):
        the_launcher(file, store).run()
