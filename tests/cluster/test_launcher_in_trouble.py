"""The launcher against the in-memory stand-in for Kubernetes, in trouble; containers copy a finished artifact."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client import BatchV1Api

from cluster.one_step import artifact as artifact  # fixtures
from cluster.one_step import at_once as at_once
from cluster.one_step import cluster as cluster
from cluster.one_step import file as file
from cluster.one_step import store as store
from cluster.pipelines import (
    ONE,
    PARTS,
    in_background,
    the_launcher,
    the_site,
    waiting,
    write_pipeline,
)
from in_memory_kubernetes import Kubernetes, fail_with, succeed
from vtb.cluster.api import connect
from vtb.cluster.gang import step_objects
from vtb.errors import NotAvailable
from vtb.pipeline.reading import read_pipeline


def test_two_launchers_follow_one_job(cluster: Kubernetes, file: Path, store: Path) -> None:
    release = threading.Event()
    cluster.run = waiting(release, cluster.run)
    first = in_background(the_launcher(file, store))
    cluster.wait(lambda: cluster.pod_runs)
    second = in_background(the_launcher(file, store))
    cluster.wait(lambda: cluster.requests["watch", "jobs"] >= 2)
    release.set()
    for thread, codes in (first, second):
        thread.join(20)
        assert codes == [0]
    assert len(cluster.objects("jobs")) == len(cluster.pod_runs) == 1


@pytest.mark.parametrize("failed_before", [False, True])
def test_a_job_that_another_launcher_makes_meanwhile_is_followed(
    failed_before: bool, cluster: Kubernetes, file: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have seen that there is none, or one that has failed; the other has just made its own."""
    pipeline, copy = read_pipeline(file), cluster.run
    (job,) = step_objects(pipeline, pipeline.steps[0], str(store), the_site())
    name = job["metadata"]["name"]
    if failed_before:
        cluster.run = fail_with(3)
        assert the_launcher(file, store).run() == 3
    release = threading.Event()
    cluster.run = waiting(release, copy)
    launcher, made = the_launcher(file, store), list[str]()

    def meanwhile(*_: object) -> bool:
        if failed_before:
            cluster.delete("jobs", name)
        cluster.wait(lambda: not cluster.objects("jobs"))
        made.append(cluster.create("jobs", job)["metadata"]["uid"])
        cluster.wait(lambda: [entry["metadata"]["uid"] for entry in launcher._mirrors["Job"].all()] == made)
        release.set()
        return False

    monkeypatch.setattr("vtb.cluster.launcher.is_complete", meanwhile)
    assert launcher.run() == 0
    assert [entry["metadata"]["uid"] for entry in cluster.objects("jobs")] == made


def test_a_job_that_the_watch_has_lost_sight_of_is_not_gone(
    cluster: Kubernetes, file: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list that was asked for before the Job was made, and came after."""
    monkeypatch.setattr("vtb.cluster.mirror.Mirror.get", lambda mirror, name: None)
    assert the_launcher(file, store).run() == 0


def test_a_launcher_that_comes_back_goes_on(
    cluster: Kubernetes, file: Path, store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pipeline = read_pipeline(file)
    release = threading.Event()
    cluster.run = waiting(release, cluster.run)
    (job,) = step_objects(pipeline, pipeline.steps[0], str(store), the_site())
    cluster.create("jobs", job)
    thread, codes = in_background(the_launcher(file, store))
    cluster.wait(lambda: "following it" in caplog.text)
    release.set()
    thread.join(20)
    assert codes == [0]
    assert len(cluster.objects("jobs")) == 1
    assert f"Job {job['metadata']['name']} is there already: following it" in caplog.text


def test_a_changed_step_replaces_the_job_that_makes_it_otherwise(cluster: Kubernetes, file: Path, store: Path) -> None:
    release, copy = threading.Event(), cluster.run
    cluster.run = waiting(release, copy)
    old = in_background(the_launcher(file, store))
    cluster.wait(lambda: any(cluster.log(pod) for pod in cluster.pod_runs))
    before = cluster.objects("jobs")[0]["metadata"]["name"]
    cluster.run = copy
    assert the_launcher(file, store, defaults={"memory": "3Gi"}).run() == 0
    (job,) = cluster.objects("jobs")
    assert job["metadata"]["name"] != before
    old[0].join(20)


def test_what_may_pass_is_tried_again(cluster: Kubernetes, file: Path, store: Path) -> None:
    tries, copy = iter([75, 1, 137]), cluster.run
    cluster.run = lambda pod, log: next(tries, None) or copy(pod, log)
    assert the_launcher(file, store).run() == 0
    assert len(cluster.pod_runs) == 4


@pytest.mark.parametrize("code", [2, 3, 4, 5])
def test_what_cannot_pass_ends_at_once(
    cluster: Kubernetes, file: Path, store: Path, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.run = fail_with(code, "first\nvtb-gen-maze: error: the last word\n")
    assert the_launcher(file, store).run() == code
    assert len(cluster.pod_runs) == 1
    assert f"step mazes ended with exit code {code}: vtb-gen-maze: error: the last word" in caplog.text
    assert "mazes | first" in caplog.text


def test_an_index_that_always_fails_fails_the_step(cluster: Kubernetes, tmp_path: Path, store: Path) -> None:
    copy = cluster.run

    def run(pod: dict[str, Any], log: Any) -> int:
        return 75 if log.env["JOB_COMPLETION_INDEX"] == "1" else int(copy(pod, log))

    cluster.run = run
    assert the_launcher(write_pipeline(tmp_path, PARTS), store, defaults={"retries": 1}).run() == 75
    tries = [pod for pod in cluster.objects("pods") if pod["metadata"]["name"].count("-1-")]
    assert len(tries) == 2


def test_too_little_memory_is_told(
    cluster: Kubernetes, file: Path, store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.run = waiting(threading.Event(), succeed)
    thread, codes = in_background(the_launcher(file, store, defaults={"retries": 0}))
    cluster.wait(lambda: cluster.pod_runs)
    cluster.kill_pod(next(iter(cluster.pod_runs)), exit_code=137, reason="OOMKilled")
    thread.join(20)
    assert codes == [4]
    assert "raise memory for the stage in the site file" in caplog.text


def test_an_eviction_costs_no_try(cluster: Kubernetes, file: Path, store: Path) -> None:
    release, copy = threading.Event(), cluster.run
    cluster.run = waiting(release, copy)
    thread, codes = in_background(the_launcher(file, store, defaults={"retries": 0}))
    cluster.wait(lambda: cluster.pod_runs)
    release.set()
    cluster.kill_pod(next(iter(cluster.pod_runs)))
    thread.join(20)
    assert codes == [0]


def holds(cluster: Kubernetes) -> Iterator[tuple[Any, str]]:
    yield cluster.hold_unschedulable, "Unschedulable: 0/3 nodes are available: 3 Insufficient memory."
    yield cluster.hold_image_pull, "ImagePullBackOff"
    yield cluster.hold_quota, "FailedCreate: "
    yield cluster.hold_config_error, "CreateContainerConfigError"


@pytest.mark.parametrize("number", range(4))
def test_why_nothing_happens_is_told_once(
    cluster: Kubernetes, file: Path, store: Path, number: int, caplog: pytest.LogCaptureFixture
) -> None:
    hold, reason = list(holds(cluster))[number]
    with hold():
        thread, codes = in_background(the_launcher(file, store))
        cluster.wait(lambda: f"mazes: waits: {reason}" in caplog.text, 20)
        told = caplog.text.count("mazes: waits: ")
    thread.join(20)
    assert codes == [0]
    assert told <= 2  # ErrImagePull becomes ImagePullBackOff


def test_a_missing_secret_is_told(
    cluster: Kubernetes, file: Path, store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    env = [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "nowhere", "key": "x"}}}]
    thread, codes = in_background(the_launcher(file, store, defaults={"extraEnv": env}))
    cluster.wait(lambda: 'secret "nowhere" not found' in caplog.text, 20)
    cluster.create("secrets", {"metadata": {"name": "nowhere"}, "stringData": {"x": "1"}})
    thread.join(20)
    assert codes == [0]


def test_a_queue_that_has_not_admitted_is_told(
    cluster: Kubernetes, file: Path, store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    thread, codes = in_background(the_launcher(file, store, defaults={"queue": "gpus"}))
    cluster.wait(lambda: "its queue has not admitted it yet" in caplog.text, 20)
    (job,) = cluster.objects("jobs")
    assert job["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "gpus"
    admitted = {"spec": {"suspend": False}}
    BatchV1Api(cluster.client()).patch_namespaced_job(job["metadata"]["name"], "test", admitted)
    thread.join(20)
    assert codes == [0]


def test_a_job_that_somebody_deletes_ends_the_run(
    cluster: Kubernetes, file: Path, store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.run = waiting(threading.Event(), succeed)
    thread, codes = in_background(the_launcher(file, store))
    cluster.wait(lambda: cluster.pod_runs)
    cluster.delete("jobs", cluster.objects("jobs")[0]["metadata"]["name"])
    thread.join(20)
    assert codes == [4]
    assert "was deleted: run the same command again to go on" in caplog.text


def test_a_job_that_failed_before_is_made_anew(cluster: Kubernetes, file: Path, store: Path) -> None:
    copy, cluster.run = cluster.run, fail_with(3)
    assert the_launcher(file, store).run() == 3
    cluster.run = copy
    assert the_launcher(file, store).run() == 0
    assert len(cluster.objects("jobs")) == 1


def test_a_watch_that_is_late_is_not_taken_for_the_new_job(
    cluster: Kubernetes, file: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, cluster.run = cluster.run, fail_with(3)
    assert the_launcher(file, store).run() == 3
    cluster.run = copy
    # It has listed the old Job, and tells no more.
    monkeypatch.setattr("vtb.cluster.mirror.Mirror._take_in", lambda *_: None)
    assert the_launcher(file, store).run() == 0


def test_a_job_that_leaves_no_artifact_is_no_success(
    cluster: Kubernetes, file: Path, store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.run = succeed
    assert the_launcher(file, store).run() == 4
    assert "holds no artifact" in caplog.text


def test_a_step_that_does_not_start_in_time_fails(cluster: Kubernetes, file: Path, store: Path) -> None:
    cluster.run = waiting(threading.Event(), succeed)
    assert the_launcher(file, store, defaults={"activeDeadlineSeconds": 1}).run() == 75


def test_steps_that_do_not_wait_for_each_other_run_side_by_side(
    cluster: Kubernetes, tmp_path: Path, store: Path
) -> None:
    both, copy = threading.Barrier(2, timeout=15), cluster.run

    def run(pod: dict[str, Any], log: Any) -> int:
        both.wait()
        return int(copy(pod, log))

    cluster.run = run
    assert the_launcher(write_pipeline(tmp_path, [*ONE, {**ONE[0], "name": "others"}]), store).run() == 0


def test_the_exit_code_is_that_of_the_first_failure(cluster: Kubernetes, tmp_path: Path, store: Path) -> None:
    def run(pod: dict[str, Any], log: Any) -> int:
        if pod["metadata"]["labels"]["vtb-train/step"] == "mazes":
            return 3
        log.sleep(2)
        return 5

    cluster.run = run
    assert the_launcher(write_pipeline(tmp_path, [*ONE, {**ONE[0], "name": "others"}]), store).run() == 3


def test_after_a_failure_nothing_new_starts(cluster: Kubernetes, tmp_path: Path, store: Path) -> None:
    cluster.run = fail_with(5)
    file = write_pipeline(tmp_path, [*ONE, {"name": "set", "stage": "curate", "inputs": ["mazes"]}])
    assert the_launcher(file, store).run() == 5
    assert len(cluster.objects("jobs")) == 1


def test_the_cluster_must_know_the_kind_of_a_gang(cluster: Kubernetes, tmp_path: Path, store: Path) -> None:
    inputs = {"input": "s3://b/set", "model": "/models/m"}
    steps = [{"name": "adapter", "stage": "train-vlm sft", "inputs": inputs}]
    site: dict[str, object] = {"gang": {"by": "jobset"}, "stages": {"train-vlm-sft": {"nodes": 2}}}
    with pytest.raises(NotAvailable, match="knows no JobSet"):
        the_launcher(write_pipeline(tmp_path, steps), store, **site).run()


def test_nothing_is_asked_of_a_cluster_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    with pytest.raises(NotAvailable, match="no cluster to run on"):
        connect("test")
