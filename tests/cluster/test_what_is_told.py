"""What the launcher and `vtb status` tell of pods that do not start and of tries that fail."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from cluster.one_step import artifact as artifact  # fixtures
from cluster.one_step import at_once as at_once
from cluster.one_step import cluster as cluster
from cluster.one_step import store as store
from cluster.pipelines import ONE, PARTS, in_background, the_launcher, waiting, write_pipeline
from contract.command_line import call
from in_memory_kubernetes import Kubernetes, fail_with


def index_of(pod: dict[str, Any]) -> str | None:
    return (pod["metadata"].get("annotations") or {}).get("batch.kubernetes.io/job-completion-index")


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("FailedMount", 'MountVolume.SetUp failed for volume "ca" : configmap "ca" not found'),
        ("FailedAttachVolume", "Multi-Attach error for volume: it is used by pod(s) trainer-0"),
        ("FailedCreatePodSandBox", "Failed to create pod sandbox: no IP addresses available in range set"),
    ],
)
def test_a_pod_that_is_being_created_for_long_is_told_once(
    cluster: Kubernetes, tmp_path: Path, store: Path, reason: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    with cluster.hold_creating(reason, message):
        thread, codes = in_background(the_launcher(write_pipeline(tmp_path, ONE), store))
        cluster.wait(lambda: f"mazes: waits: {reason}: {message}" in caplog.text, 20)
        before = cluster.requests["list", "events"]
        threading.Event().wait(1)
        assert cluster.requests["list", "events"] - before <= 3  # not at every look
    thread.join(20)
    assert codes == [0]
    assert caplog.text.count("mazes: waits: ") == 1


def test_a_pod_that_waits_beside_others_that_run_is_told(
    cluster: Kubernetes, tmp_path: Path, store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    release, copy = threading.Event(), cluster.run
    cluster.run = waiting(release, copy)
    with cluster.hold_unschedulable(match=lambda pod: index_of(pod) == "1"):
        thread, codes = in_background(the_launcher(write_pipeline(tmp_path, PARTS), store))
        cluster.wait(lambda: "mazes: 1 of 3 pods wait: Unschedulable: 0/3 nodes" in caplog.text, 20)
        release.set()
    thread.join(20)
    assert codes == [0]


def test_what_was_before_is_not_told_as_the_reason(
    cluster: Kubernetes, tmp_path: Path, store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It was unschedulable for a moment; now it waits for a volume."""
    with cluster.hold_creating("FailedMount", "the volume is away"):
        with cluster.hold_unschedulable():
            thread, codes = in_background(the_launcher(write_pipeline(tmp_path, ONE), store))
            cluster.wait(lambda: "waits: Unschedulable" in caplog.text, 20)
        cluster.wait(lambda: "waits: FailedMount: the volume is away" in caplog.text, 20)
    thread.join(20)
    assert codes == [0]


def test_without_the_right_to_see_events_it_goes_on(
    cluster: Kubernetes, tmp_path: Path, store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.forbid("list", "events")
    with cluster.hold_creating("FailedMount", "the volume is away"):
        thread, codes = in_background(the_launcher(write_pipeline(tmp_path, ONE), store))
        cluster.wait(lambda: "mazes: waits: no reason is known, since the cluster does not let us" in caplog.text, 20)
    thread.join(20)
    assert codes == [0]


def test_a_failed_try_that_is_repeated_is_told_once(
    cluster: Kubernetes, tmp_path: Path, store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tries, copy = iter([75]), cluster.run

    def run(pod: dict[str, Any], log: Any) -> int:
        if index_of(pod) == "2" and (code := next(tries, 0)):
            return fail_with(code, "first\nvtb-gen-maze: error: the store is away\n")(pod, log)
        log.sleep(0.5)
        return int(copy(pod, log))

    cluster.run = run
    assert the_launcher(write_pipeline(tmp_path, PARTS), store).run() == 0
    told = [record for record in caplog.records if "try" in record.getMessage()]
    assert [(record.levelname, record.getMessage()) for record in told] == [
        ("WARNING", "mazes/2: try 1 of 7 ended with exit code 75: vtb-gen-maze: error: the store is away; trying again")
    ]


def test_the_last_try_is_told_by_the_end_of_the_step(
    cluster: Kubernetes, tmp_path: Path, store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.run = fail_with(75, "vtb-gen-maze: error: the store is away\n")
    launcher = the_launcher(write_pipeline(tmp_path, ONE), store, defaults={"retries": 2})
    assert launcher.run() == 75
    told = [record.getMessage() for record in caplog.records if "; trying again" in record.getMessage()]
    assert [line[:18] for line in told] == ["mazes: try 1 of 3 ", "mazes: try 2 of 3 "]


def test_what_ends_the_step_at_once_is_no_try(
    cluster: Kubernetes, tmp_path: Path, store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.run = fail_with(3)
    assert the_launcher(write_pipeline(tmp_path, ONE), store).run() == 3
    assert "trying again" not in caplog.text


def test_status_tells_why_a_step_is_pending(cluster: Kubernetes, tmp_path: Path, store: Path) -> None:
    release, copy = threading.Event(), cluster.run
    cluster.run = waiting(release, copy)
    with cluster.hold_creating("FailedMount", "the volume is away"):
        thread, _ = in_background(the_launcher(write_pipeline(tmp_path, ONE), store))
        cluster.wait(lambda: cluster.objects("events"), 20)
        shown = call("vtb", "status", "--namespace", "test").out
        assert "  pending  " in shown
        assert "\nmazes waits: FailedMount: the volume is away\n" in shown
    cluster.wait(lambda: cluster.pod_runs)
    shown = call("vtb", "status", "--namespace", "test").out
    assert "  running  " in shown
    assert "waits" not in shown
    release.set()
    thread.join(20)


def test_status_tells_of_pods_that_cannot_be_made(cluster: Kubernetes, tmp_path: Path, store: Path) -> None:
    with cluster.hold_quota():
        thread, _ = in_background(the_launcher(write_pipeline(tmp_path, ONE), store))
        cluster.wait(lambda: cluster.objects("events"), 20)
        shown = call("vtb", "status", "--namespace", "test").out
    assert "  pending  " in shown
    assert "\nmazes waits: FailedCreate: " in shown
    thread.join(20)
