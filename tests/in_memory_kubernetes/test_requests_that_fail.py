"""Requests that fail on order: faults, what is forbidden, and a restart."""

from __future__ import annotations

import threading

import pytest
import urllib3
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from in_memory_kubernetes import Kubernetes
from in_memory_kubernetes.config_maps import batch as batch  # fixtures
from in_memory_kubernetes.config_maps import config_map, events_of, phases, refused
from in_memory_kubernetes.config_maps import core as core
from in_memory_kubernetes.jobs import conditions, make_job, raw


@pytest.mark.parametrize(
    ("code", "reason"), [(403, "Forbidden"), (409, "Conflict"), (500, "InternalError"), (503, "ServiceUnavailable")]
)
def test_faults_answer_so_often_and_then_no_more(
    kubernetes: Kubernetes, core: client.CoreV1Api, code: int, reason: str
) -> None:
    fault = kubernetes.fail("create", "configmaps", code, times=2)
    for _ in range(2):
        with pytest.raises(ApiException) as error:
            core.create_namespaced_config_map("test", config_map("a"))
        assert refused(error) == (code, reason)
    core.list_namespaced_config_map("test")
    assert kubernetes.get("configmaps", "a") is None
    core.create_namespaced_config_map("test", config_map("a"))
    assert fault.hits == 2
    assert kubernetes.requests["create", "configmaps"] == 3


def test_too_many_requests_say_when_to_come_back(kubernetes: Kubernetes) -> None:
    kubernetes.fail("list", "*", 429, retry_after=7)
    answer = raw(kubernetes, "/api/v1/namespaces/test/pods")
    assert (answer.status, answer.headers["Retry-After"], answer.json()["details"]["retryAfterSeconds"]) == (
        429,
        "7",
        7,
    )


def test_a_lost_answer_has_done_its_work_and_a_reset_has_not(kubernetes: Kubernetes) -> None:
    api = kubernetes.client()
    api.rest_client.pool_manager.connection_pool_kw["retries"] = False
    core = client.CoreV1Api(api)
    for name, kind in (("a", "reset"), ("b", "lost")):
        kubernetes.fail("create", "configmaps", kind)
        with pytest.raises(urllib3.exceptions.HTTPError):
            core.create_namespaced_config_map("test", config_map(name))
    assert [it["metadata"]["name"] for it in kubernetes.objects("configmaps")] == ["b"]


def test_what_is_forbidden_is_told_before_too(kubernetes: Kubernetes, batch: client.BatchV1Api) -> None:
    kubernetes.forbid("create", "jobs")
    with pytest.raises(ApiException) as error:
        batch.create_namespaced_job("test", make_job())
    assert refused(error) == (403, "Forbidden")
    assert 'cannot create resource \\"jobs\\" in API group \\"batch\\" in the namespace \\"test\\"' in error.value.body
    reviews = client.AuthorizationV1Api(kubernetes.client())
    allowed = {}
    for verb in ("create", "list"):
        asked = {"namespace": "test", "verb": verb, "group": "batch", "resource": "jobs"}
        review = reviews.create_self_subject_access_review({"spec": {"resourceAttributes": asked}})
        allowed[verb] = review.status.allowed
    assert allowed == {"create": False, "list": True}


def test_a_restart_breaks_watches_and_keeps_objects_and_pods(kubernetes: Kubernetes, core: client.CoreV1Api) -> None:
    go_on = threading.Event()
    kubernetes.run = lambda pod, log: 0 if go_on.wait(20) else 1
    kubernetes.create("jobs", make_job())
    kubernetes.wait(lambda: phases(kubernetes, {}) == ["Running"])
    version = core.list_namespaced_config_map("test").metadata.resource_version
    seen = events_of(core, resource_version=version, timeout_seconds=20)
    threading.Timer(0.2, kubernetes.restart, (0.3,)).start()
    with pytest.raises(urllib3.exceptions.HTTPError):
        next(seen)
    kubernetes.wait(kubernetes.api.listens)
    assert next(events_of(core, resource_version=version, timeout_seconds=5))["object"]["code"] == 410
    go_on.set()
    kubernetes.wait(lambda: "Complete" in conditions(kubernetes.get("jobs", "job")))
