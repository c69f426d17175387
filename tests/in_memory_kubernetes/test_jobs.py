"""Jobs as https://kubernetes.io/docs/concepts/workloads/controllers/job/ describes them."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from in_memory_kubernetes import ContainerLog, Kubernetes, fail_with
from in_memory_kubernetes.jobs import DISRUPTED, conditions, indexed, make_job, message, rule
from in_memory_kubernetes.pods import INDEX_VARIABLE


def finish(kubernetes: Kubernetes, job: dict[str, Any], seconds: float = 10) -> dict[str, Any]:
    """Make a Job, wait until it is Complete or Failed, and return it."""
    kubernetes.create("jobs", job)
    return end_of(kubernetes, job["metadata"]["name"], seconds)


def end_of(kubernetes: Kubernetes, name: str, seconds: float = 10) -> dict[str, Any]:
    kubernetes.wait(lambda: conditions(kubernetes.get("jobs", name)).keys() & {"Complete", "Failed"}, seconds)
    found = kubernetes.get("jobs", name)
    assert found is not None
    return found


def by_index(**codes: int) -> Any:
    """A program whose exit code depends on the index: ``i2=5``; 0 for the others."""
    return lambda pod, log: codes.get(f"i{log.env[INDEX_VARIABLE]}", 0)


def test_a_plain_job(kubernetes: Kubernetes) -> None:
    done = finish(kubernetes, make_job())
    assert conditions(done) == {"SuccessCriteriaMet": "CompletionsReached", "Complete": "CompletionsReached"}
    assert message(done, "Complete") == "Reached expected number of succeeded pods"
    assert done["status"]["succeeded"] == 1
    assert "active" not in done["status"]
    assert "failed" not in done["status"]
    assert done["status"]["completionTime"] >= done["status"]["startTime"]
    (pod,) = kubernetes.objects("pods", {"batch.kubernetes.io/job-name": "job", "job-name": "job"})
    uid = done["metadata"]["uid"]
    assert pod["metadata"]["labels"]["batch.kubernetes.io/controller-uid"] == uid
    assert done["spec"]["selector"]["matchLabels"] == {"batch.kubernetes.io/controller-uid": uid}
    owner = pod["metadata"]["ownerReferences"][0]
    assert (owner["kind"], owner["uid"], owner["controller"]) == ("Job", uid, True)
    assert "finalizers" not in pod["metadata"]


def test_an_indexed_job(kubernetes: Kubernetes) -> None:
    seen: list[str] = []
    kubernetes.run = lambda pod, log: seen.append(log.env[INDEX_VARIABLE]) or 0  # type: ignore[func-returns-value]
    done = finish(kubernetes, make_job(**indexed(4, 2)))
    assert sorted(seen) == ["0", "1", "2", "3"]
    assert done["status"]["completedIndexes"] == "0-3"
    for index, pod in enumerate(kubernetes.objects("pods")):
        name = "batch.kubernetes.io/job-completion-index"
        assert pod["metadata"]["annotations"][name] == pod["metadata"]["labels"][name] == str(index)
        assert pod["spec"]["hostname"] == f"job-{index}"
        assert pod["metadata"]["name"].startswith(f"job-{index}-")


def test_no_more_pods_run_at_once_than_parallelism_says(kubernetes: Kubernetes) -> None:
    lock, running, most = threading.Lock(), [0], [0]

    def program(pod: dict[str, Any], log: ContainerLog) -> int:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        log.sleep(0.05)
        with lock:
            running[0] -= 1
        return 0

    kubernetes.run = program
    finish(kubernetes, make_job(**indexed(9, 3)))
    assert most == [3]


def test_a_job_fails_after_backoff_limit_more_tries(kubernetes: Kubernetes) -> None:
    kubernetes.run = fail_with(1)
    done = finish(kubernetes, make_job(backoffLimit=2))
    assert conditions(done) == {"FailureTarget": "BackoffLimitExceeded", "Failed": "BackoffLimitExceeded"}
    assert message(done, "Failed") == "Job has reached the specified backoff limit"
    assert done["status"]["failed"] == len(kubernetes.objects("pods")) == 3


def test_retries_wait_twice_as_long_each_time() -> None:
    starts: list[float] = []

    def program(pod: dict[str, Any], log: ContainerLog) -> int:
        starts.append(time.monotonic())
        return 1

    with Kubernetes(run=program, backoff=0.2) as slow:
        finish(slow, make_job(backoffLimit=2))
    assert starts[1] - starts[0] >= 0.2
    assert starts[2] - starts[1] >= 0.4


def test_each_index_has_its_own_limit_and_the_others_go_on(kubernetes: Kubernetes) -> None:
    kubernetes.run = by_index(i1=1, i4=1)
    done = finish(kubernetes, make_job(**indexed(6, 2, backoffLimitPerIndex=1)))
    assert conditions(done)["Failed"] == "FailedIndexes"
    status = done["status"]
    assert (status["completedIndexes"], status["failedIndexes"], status["failed"]) == ("0,2,3,5", "1,4", 4)
    counts = [
        pod["metadata"]["annotations"]["batch.kubernetes.io/job-index-failure-count"]
        for pod in kubernetes.objects("pods")
        if pod["spec"]["hostname"] == "job-1"
    ]
    assert sorted(counts) == ["0", "1"]


def test_an_index_that_succeeds_in_the_end_is_no_failure(kubernetes: Kubernetes) -> None:
    tries: list[str] = []

    def program(pod: dict[str, Any], log: ContainerLog) -> int:
        tries.append(log.env[INDEX_VARIABLE])
        return 75 if tries.count("0") < 3 and log.env[INDEX_VARIABLE] == "0" else 0

    kubernetes.run = program
    done = finish(kubernetes, make_job(**indexed(2, backoffLimitPerIndex=2)))
    assert (conditions(done).get("Complete"), done["status"]["failed"]) == ("CompletionsReached", 2)
    assert done["status"]["failedIndexes"] == ""


def test_too_many_failed_indexes_end_the_job(kubernetes: Kubernetes) -> None:
    def program(pod: dict[str, Any], log: ContainerLog) -> int:
        if int(log.env[INDEX_VARIABLE]) >= 3:
            log.sleep(30)
        return 1

    kubernetes.run = program
    done = finish(kubernetes, make_job(**indexed(8, 8, backoffLimitPerIndex=0, maxFailedIndexes=1)))
    assert conditions(done)["Failed"] == "MaxFailedIndexesExceeded"
    assert message(done, "Failed") == "Job has exceeded the specified maximal number of failed indexes"
    kubernetes.wait(lambda: all(pod["status"]["phase"] == "Failed" for pod in kubernetes.objects("pods")))


def test_fail_job_ends_it_at_once_and_names_the_rule(kubernetes: Kubernetes) -> None:
    kubernetes.run = fail_with(2)
    policy = {"rules": [DISRUPTED, rule("FailJob", 2, 3, 4, 5)]}
    done = finish(kubernetes, make_job(backoffLimit=5, podFailurePolicy=policy))
    assert conditions(done)["Failed"] == "PodFailurePolicy"
    (pod,) = kubernetes.objects("pods")
    where = f"Container main for pod test/{pod['metadata']['name']}"
    assert message(done, "Failed") == f"{where} failed with exit code 2 matching FailJob rule at index 1"
    assert done["status"]["failed"] == 1


def test_fail_index_ends_that_index_only(kubernetes: Kubernetes) -> None:
    kubernetes.run = by_index(i0=2)
    policy = {"rules": [rule("FailIndex", 2)]}
    done = finish(kubernetes, make_job(**indexed(3, backoffLimitPerIndex=5), podFailurePolicy=policy))
    assert (done["status"]["failedIndexes"], done["status"]["failed"]) == ("0", 1)


def test_ignored_and_counted_failures(kubernetes: Kubernetes) -> None:
    codes = iter([9, 9, 9, 1, 0])
    kubernetes.run = lambda pod, log: next(codes)
    policy = {"rules": [rule("Ignore", 9), rule("Count", 0, 9, operator="NotIn"), rule("FailJob", 1)]}
    done = finish(kubernetes, make_job(backoffLimit=1, podFailurePolicy=policy))
    assert (conditions(done).get("Complete"), done["status"]["failed"]) == ("CompletionsReached", 1)


def test_an_evicted_pod_is_replaced_and_does_not_count_where_it_is_ignored(kubernetes: Kubernetes) -> None:
    evicted: list[str] = []

    def program(pod: dict[str, Any], log: ContainerLog) -> int:
        if not evicted:
            evicted.append(pod["metadata"]["name"])
            log.sleep(30)
        return 0

    kubernetes.run = program
    kubernetes.create("jobs", make_job(backoffLimit=0, podFailurePolicy={"rules": [DISRUPTED]}))
    kubernetes.wait(lambda: evicted)
    kubernetes.kill_pod(evicted[0])
    done = end_of(kubernetes, "job")
    assert conditions(done)["Complete"] == "CompletionsReached"
    assert "failed" not in done["status"]
    assert evicted[0] not in [pod["metadata"]["name"] for pod in kubernetes.objects("pods")]


def test_a_pod_that_is_killed_counts(kubernetes: Kubernetes) -> None:
    kubernetes.run = lambda pod, log: log.sleep(30) or 0  # type: ignore[func-returns-value]
    kubernetes.create("jobs", make_job(backoffLimit=0))
    kubernetes.wait(lambda: [it for it in kubernetes.objects("pods") if it["status"]["phase"] == "Running"])
    kubernetes.kill_pod(kubernetes.objects("pods")[0]["metadata"]["name"], 137, "OOMKilled")
    assert conditions(end_of(kubernetes, "job"))["Failed"] == "BackoffLimitExceeded"
    ended = kubernetes.objects("pods")[0]["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (137, "OOMKilled")


def test_a_suspended_job_has_no_pods_until_it_is_resumed(kubernetes: Kubernetes) -> None:
    batch = client.BatchV1Api(kubernetes.client())
    batch.create_namespaced_job("test", make_job(suspend=True))
    kubernetes.wait(lambda: conditions(kubernetes.get("jobs", "job")) == {"Suspended": "JobSuspended"})
    job = kubernetes.get("jobs", "job")
    assert job
    assert "startTime" not in job["status"]
    assert kubernetes.objects("pods") == []
    batch.patch_namespaced_job("job", "test", {"spec": {"suspend": False}})
    done = end_of(kubernetes, "job")
    suspended = next(it for it in done["status"]["conditions"] if it["type"] == "Suspended")
    assert (suspended["status"], suspended["reason"]) == ("False", "JobResumed")


def test_suspending_ends_the_pods_and_counts_nothing(kubernetes: Kubernetes) -> None:
    kubernetes.run = lambda pod, log: log.sleep(30) or 0  # type: ignore[func-returns-value]
    batch = client.BatchV1Api(kubernetes.client())
    batch.create_namespaced_job("test", make_job(backoffLimit=0))
    kubernetes.wait(lambda: [it for it in kubernetes.objects("pods") if it["status"]["phase"] == "Running"])
    batch.patch_namespaced_job("job", "test", {"spec": {"suspend": True}})
    kubernetes.wait(lambda: not kubernetes.objects("pods"))
    job = kubernetes.get("jobs", "job")
    assert conditions(job) == {"Suspended": "JobSuspended"}
    assert job
    assert "failed" not in job["status"]


def test_deadline_and_time_to_live() -> None:
    with Kubernetes(speed=100) as fast:
        fast.run = lambda pod, log: log.sleep(30) or 0  # type: ignore[func-returns-value]
        fast.create("jobs", make_job(activeDeadlineSeconds=20, ttlSecondsAfterFinished=60))
        done = end_of(fast, "job")
        assert conditions(done)["Failed"] == "DeadlineExceeded"
        assert message(done, "Failed") == "Job was active longer than specified deadline"
        fast.wait(lambda: fast.get("jobs", "job") is None)
        fast.wait(lambda: not fast.objects("pods"))


def test_pods_that_a_quota_refuses_are_told_in_an_event_and_tried_again(kubernetes: Kubernetes) -> None:
    with kubernetes.hold_quota():
        kubernetes.create("jobs", make_job())
        kubernetes.wait(lambda: _events(kubernetes, "FailedCreate"))
        said = _events(kubernetes, "FailedCreate")[0]
        assert said["message"].startswith('Error creating: pods "job-')
        assert " is forbidden: exceeded quota: compute, requested: pods=1" in said["message"]
        assert said["involvedObject"]["kind"] == "Job"
        assert kubernetes.objects("pods") == []
    assert conditions(end_of(kubernetes, "job"))["Complete"]


def _events(kubernetes: Kubernetes, reason: str) -> list[dict[str, Any]]:
    return [it for it in kubernetes.objects("events") if it["reason"] == reason]


def test_a_job_that_is_restarted_in_place(kubernetes: Kubernetes) -> None:
    codes = iter([1, 1, 0])
    kubernetes.run = lambda pod, log: next(codes)
    job = make_job()
    job["spec"]["template"]["spec"]["restartPolicy"] = "OnFailure"
    assert conditions(finish(kubernetes, job))["Complete"]
    (pod,) = kubernetes.objects("pods")
    assert pod["status"]["containerStatuses"][0]["restartCount"] == 2


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"backoffLimitPerIndex": 1}, "requires indexed completion mode"),
        ({"completionMode": "Indexed", "parallelism": 1}, "when completion mode is Indexed"),
        (indexed(2, maxFailedIndexes=1), "when maxFailedIndexes is specified"),
        ({"podFailurePolicy": {"rules": [rule("FailJob", 3, 2)]}}, "must be ordered"),
        ({"podFailurePolicy": {"rules": [rule("FailJob", 0)]}}, "must not be 0 for the In operator"),
        ({"podFailurePolicy": {"rules": [rule("FailIndex", 2)]}}, "requires the backoffLimitPerIndex to be set"),
        ({"podFailurePolicy": {"rules": [{"action": "FailJob"}]}}, "specifying one of OnExitCodes"),
        ({"activeDeadlineSeconds": -1}, "must be greater than or equal to 0"),
    ],
)
def test_jobs_that_are_refused(kubernetes: Kubernetes, spec: dict[str, Any], says: str) -> None:
    batch = client.BatchV1Api(kubernetes.client())
    with pytest.raises(ApiException, match=says) as error:
        batch.create_namespaced_job("test", make_job(**spec))
    assert error.value.status == 422


def test_names_that_leave_no_room_for_the_index_are_refused(kubernetes: Kubernetes) -> None:
    batch = client.BatchV1Api(kubernetes.client())
    batch.create_namespaced_job("test", make_job("a" * 61, suspend=True, **indexed(10)))
    with pytest.raises(ApiException, match="will not able to create pod with invalid DNS label"):
        batch.create_namespaced_job("test", make_job("b" * 61, suspend=True, **indexed(11)))


def test_what_a_job_does_cannot_be_changed(kubernetes: Kubernetes) -> None:
    batch = client.BatchV1Api(kubernetes.client())
    batch.create_namespaced_job("test", make_job(suspend=True))
    container = {"containers": [{"name": "main", "image": "other:1"}]}
    with pytest.raises(ApiException, match="field is immutable"):
        batch.patch_namespaced_job("job", "test", {"spec": {"template": {"spec": container}}})
    batch.patch_namespaced_job("job", "test", {"spec": {"parallelism": 3}, "status": {"failed": 9}})
    job = kubernetes.get("jobs", "job")
    assert job
    assert (job["spec"]["parallelism"], job["status"].get("failed")) == (3, None)
