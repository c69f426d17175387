"""What a launcher makes belongs to the release, and goes away with it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from cluster.pipelines import ONE, quick, the_launcher, write_pipeline
from in_memory_kubernetes import Kubernetes
from vtb.errors import NotAvailable


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)


def test_jobs_go_with_their_owner(kubernetes: Kubernetes, tmp_path: Path) -> None:
    go_on = threading.Event()
    kubernetes.run = lambda pod, log: 0 if go_on.wait(30) else 1
    kubernetes.create("configmaps", {"metadata": {"name": "of-the-release"}})
    launcher = the_launcher(write_pipeline(tmp_path, ONE), tmp_path / "store", owner="of-the-release")
    running = threading.Thread(target=launcher.run)
    running.start()
    until = time.monotonic() + 20
    while not kubernetes.objects("jobs") and time.monotonic() < until:
        time.sleep(0.05)
    (job,) = kubernetes.objects("jobs")
    kubernetes.delete("configmaps", "of-the-release")
    while kubernetes.objects("jobs") and time.monotonic() < until:
        time.sleep(0.05)
    assert not kubernetes.objects("jobs"), job
    go_on.set()
    running.join(20)


def test_an_owner_that_is_not_there_is_told(kubernetes: Kubernetes, tmp_path: Path) -> None:
    launcher = the_launcher(write_pipeline(tmp_path, ONE), tmp_path / "store", owner="gone")
    with pytest.raises(NotAvailable, match="owner: gone, but namespace test has no such ConfigMap: install the chart"):
        launcher.run()
    assert not kubernetes.objects("jobs")
