"""The API as https://kubernetes.io/docs/reference/using-api/api-concepts/ describes it, seen through the client."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3
from kubernetes import client, config, watch
from kubernetes.client.exceptions import ApiException

from in_memory_kubernetes import ALL_GROUPS, Kubernetes
from in_memory_kubernetes.jobs import conditions, make_job, raw


@pytest.fixture
def core(kubernetes: Kubernetes) -> client.CoreV1Api:
    return client.CoreV1Api(kubernetes.client())


@pytest.fixture
def batch(kubernetes: Kubernetes) -> client.BatchV1Api:
    return client.BatchV1Api(kubernetes.client())


def config_map(name: str, **labels: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "labels": labels}, "data": {"key": "value"}}


def refused(error: pytest.ExceptionInfo[ApiException]) -> tuple[int, str]:
    return error.value.status, json.loads(error.value.body)["reason"]


def test_an_object_is_made_read_changed_and_removed(core: client.CoreV1Api) -> None:
    made = core.create_namespaced_config_map("test", config_map("a", x="1"))
    assert made.metadata.uid
    patched = core.patch_namespaced_config_map("a", "test", {"data": {"key": None, "other": "2"}})
    assert patched.data == {"other": "2"}
    assert int(patched.metadata.resource_version) > int(made.metadata.resource_version)
    core.delete_namespaced_config_map("a", "test")
    with pytest.raises(ApiException) as error:
        core.read_namespaced_config_map("a", "test")
    assert refused(error) == (404, "NotFound")
    assert 'configmaps \\"a\\" not found' in error.value.body


def test_a_name_is_taken_once_and_an_old_version_changes_nothing(core: client.CoreV1Api) -> None:
    first = core.create_namespaced_config_map("test", config_map("a"))
    with pytest.raises(ApiException) as error:
        core.create_namespaced_config_map("test", config_map("a"))
    assert refused(error) == (409, "AlreadyExists")
    core.patch_namespaced_config_map("a", "test", {"data": {"key": "2"}})
    first.data = {"key": "3"}
    with pytest.raises(ApiException) as error:
        core.replace_namespaced_config_map("a", "test", first)
    assert refused(error) == (409, "Conflict")


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("Upper", {}),
        ("under_score", {}),
        ("a" * 254, {}),
        ("-a", {}),
        ("ok", {"x": "no spaces"}),
        ("ok", {"x": "a" * 64}),
    ],
)
def test_names_and_labels_are_checked(core: client.CoreV1Api, name: str, labels: dict[str, str]) -> None:
    with pytest.raises(ApiException) as error:
        core.create_namespaced_config_map("test", config_map(name, **labels))
    assert refused(error) == (422, "Invalid")


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("app=x", "ab"), ("app=x,n=1", "a"), ("app in (x, y)", "abc"), ("app notin (x)", "cd"), ("n", "abc"),
        ("!n", "d"), ("app!=x", "cd"), ("app==y", "c"),
    ],
)  # fmt: skip
def test_label_selectors(core: client.CoreV1Api, selector: str, names: str) -> None:
    for name, app, n in ("ax1", "bx2", "cy1"):
        core.create_namespaced_config_map("test", config_map(name, app=app, n=n))
    core.create_namespaced_config_map("test", config_map("d"))
    found = core.list_namespaced_config_map("test", label_selector=selector)
    assert "".join(it.metadata.name for it in found.items) == names


def test_field_selectors_and_pages(core: client.CoreV1Api) -> None:
    for name in "abc":
        core.create_namespaced_config_map("test", config_map(name))
    named = core.list_namespaced_config_map("test", field_selector="metadata.name=b").items
    assert [it.metadata.name for it in named] == ["b"]
    first = core.list_namespaced_config_map("test", limit=2)
    assert first.metadata.remaining_item_count == 1
    rest = core.list_namespaced_config_map("test", limit=2, _continue=first.metadata._continue)
    assert [it.metadata.name for it in first.items + rest.items] == ["a", "b", "c"]
    with pytest.raises(ApiException) as error:
        core.list_namespaced_config_map("test", field_selector="data.key=value")
    assert refused(error) == (400, "BadRequest")


def test_a_group_that_is_not_installed_is_no_path_at_all(kubernetes: Kubernetes) -> None:
    with pytest.raises(ApiException) as error:
        client.CustomObjectsApi(kubernetes.client()).list_namespaced_custom_object(
            "jobset.x-k8s.io", "v1alpha2", "test", "jobsets"
        )
    assert (error.value.status, error.value.body) == (404, "404 page not found\n")
    with Kubernetes(groups=ALL_GROUPS) as other:
        api = client.CustomObjectsApi(other.client())
        made = {"metadata": {"name": "gang"}, "spec": {}, "status": {"kept": "no"}}
        api.create_namespaced_custom_object("jobset.x-k8s.io", "v1alpha2", "test", "jobsets", made)
        found = api.list_namespaced_custom_object("jobset.x-k8s.io", "v1alpha2", "test", "jobsets")["items"]
        assert [(it["kind"], it["metadata"]["name"], it.get("status")) for it in found] == [("JobSet", "gang", None)]
        assert "jobset.x-k8s.io" in [it.name for it in client.ApisApi(other.client()).get_api_versions().groups]


@pytest.mark.parametrize("policy", [None, "Background", "Foreground"])
def test_a_deleted_job_leaves_its_pods_unless_it_is_told_not_to(
    kubernetes: Kubernetes, batch: client.BatchV1Api, policy: str | None
) -> None:
    kubernetes.run = lambda pod, log: log.sleep(30) or 0  # type: ignore[func-returns-value]
    batch.create_namespaced_job("test", make_job())
    kubernetes.wait(lambda: _phases(kubernetes, {}) == ["Running"])
    version = kubernetes.store.version
    batch.delete_namespaced_job("job", "test", propagation_policy=policy)
    kubernetes.wait(lambda: kubernetes.get("jobs", "job") is None)
    if policy is None:  # of batch/v1 only: https://kubernetes.io/docs/tasks/administer-cluster/use-cascading-deletion/
        time.sleep(0.2)
        assert _phases(kubernetes, {}) == ["Running"]
        assert kubernetes.objects("pods")[0]["metadata"].keys() & {"ownerReferences", "finalizers"} == set()
        return
    kubernetes.wait(lambda: not kubernetes.objects("pods"))
    changes = kubernetes.store.changes_since(version)
    gone = [change.resource.plural for change in changes if change.kind == "DELETED"]
    assert gone == (["pods", "jobs"] if policy == "Foreground" else ["jobs", "pods"])


def _phases(kubernetes: Kubernetes, labels: dict[str, str]) -> list[str]:
    return [it["status"]["phase"] for it in kubernetes.objects("pods", labels)]


def test_what_names_an_owner_that_is_not_there_is_collected(kubernetes: Kubernetes, core: client.CoreV1Api) -> None:
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": "gone", "uid": "no-such-uid"}
    core.create_namespaced_config_map("test", {"metadata": {"name": "a", "ownerReferences": [owner]}})
    kubernetes.wait(lambda: kubernetes.get("configmaps", "a") is None)


def events_of(api: client.CoreV1Api, **options: Any) -> Iterator[dict[str, Any]]:
    """A watch as JSON, without the client's own way of going on."""
    response = api.list_namespaced_config_map("test", watch=True, _preload_content=False, **options)
    for line in response:
        yield json.loads(line)


def test_a_watch_tells_what_happens_after_a_version(core: client.CoreV1Api) -> None:
    core.create_namespaced_config_map("test", config_map("old", app="x"))
    version = core.list_namespaced_config_map("test").metadata.resource_version
    core.create_namespaced_config_map("test", config_map("a", app="x"))
    core.create_namespaced_config_map("test", config_map("b", app="y"))
    core.patch_namespaced_config_map("a", "test", {"data": {"key": "2"}})
    core.patch_namespaced_config_map("b", "test", {"metadata": {"labels": {"app": "x"}}})
    core.patch_namespaced_config_map("a", "test", {"metadata": {"labels": {"app": "z"}}})
    core.delete_namespaced_config_map("b", "test")
    seen = events_of(core, resource_version=version, label_selector="app=x", timeout_seconds=1)
    assert [(it["type"], it["object"]["metadata"]["name"]) for it in seen] == [
        ("ADDED", "a"), ("MODIFIED", "a"), ("ADDED", "b"), ("DELETED", "a"), ("DELETED", "b"),
    ]  # fmt: skip


def test_a_watch_without_a_version_begins_with_what_is_there_and_bookmarks(core: client.CoreV1Api) -> None:
    core.create_namespaced_config_map("test", config_map("a"))
    seen = list(events_of(core, timeout_seconds=1, allow_watch_bookmarks=True))
    assert [it["type"] for it in seen[:2]] == ["ADDED", "BOOKMARK"]
    assert int(seen[1]["object"]["metadata"]["resourceVersion"]) >= int(
        seen[0]["object"]["metadata"]["resourceVersion"]
    )


def test_expired_watches_end_with_410_and_old_versions_get_it(kubernetes: Kubernetes, core: client.CoreV1Api) -> None:
    version = core.list_namespaced_config_map("test").metadata.resource_version
    seen = events_of(core, resource_version=version, timeout_seconds=20)
    threading.Timer(0.3, kubernetes.expire_watches).start()
    for last in (next(seen), next(events_of(core, resource_version=version, timeout_seconds=20))):
        assert (last["type"], last["object"]["code"], last["object"]["reason"]) == ("ERROR", 410, "Expired")
        assert "too old resource version" in last["object"]["message"]
    with pytest.raises(StopIteration):
        next(seen)
    now = core.list_namespaced_config_map("test").metadata.resource_version
    assert list(events_of(core, resource_version=now, timeout_seconds=1)) == []


def test_a_version_older_than_the_history_is_expired() -> None:
    with Kubernetes(history=10) as short:
        core = client.CoreV1Api(short.client())
        version = core.list_namespaced_config_map("test").metadata.resource_version
        for number in range(20):
            core.create_namespaced_config_map("test", config_map(f"a{number}"))
        assert next(events_of(core, resource_version=version, timeout_seconds=5))["object"]["code"] == 410


def test_the_clients_own_watch_works(kubernetes: Kubernetes, core: client.CoreV1Api) -> None:
    threading.Timer(0.2, kubernetes.create, ("configmaps", config_map("late"))).start()
    seen = watch.Watch().stream(core.list_namespaced_config_map, "test", timeout_seconds=5)
    assert next(iter(seen))["object"].metadata.name == "late"


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
    kubernetes.wait(lambda: _phases(kubernetes, {}) == ["Running"])
    version = core.list_namespaced_config_map("test").metadata.resource_version
    seen = events_of(core, resource_version=version, timeout_seconds=20)
    threading.Timer(0.2, kubernetes.restart, (0.3,)).start()
    with pytest.raises(urllib3.exceptions.HTTPError):
        next(seen)
    kubernetes.wait(kubernetes.api.listens)
    assert next(events_of(core, resource_version=version, timeout_seconds=5))["object"]["code"] == 410
    go_on.set()
    kubernetes.wait(lambda: "Complete" in conditions(kubernetes.get("jobs", "job")))


def test_strangers_are_sent_away(kubernetes: Kubernetes) -> None:
    answer = urllib3.request("GET", f"{kubernetes.url}/api/v1/namespaces/test/pods")
    assert (answer.status, answer.json()["reason"]) == (401, "Unauthorized")


def test_it_says_its_version_and_who_asked(kubernetes: Kubernetes) -> None:
    api = kubernetes.client()
    api.user_agent = "vtb/1 (test)"
    assert client.VersionApi(api).get_code().major == "1"
    assert kubernetes.user_agents["vtb/1 (test)"] == 1
    assert kubernetes.requests["get", "version"] == 1


def test_items_of_built_in_lists_have_no_kind(kubernetes: Kubernetes, core: client.CoreV1Api) -> None:
    core.create_namespaced_config_map("test", config_map("a"))
    found = raw(kubernetes, "/api/v1/namespaces/test/configmaps").json()
    assert (found["kind"], set(itertools.chain(*found["items"]))) == ("ConfigMapList", {"metadata", "data"})


def test_a_pod_finds_the_api_by_its_service_account(monkeypatch: pytest.MonkeyPatch) -> None:
    with Kubernetes(tls=True) as cluster:
        assert client.CoreV1Api(cluster.client()).list_namespaced_pod("test").items == []
        cluster.pretend_inside(monkeypatch)
        inside = client.Configuration()
        config.load_incluster_config(inside)
        assert client.CoreV1Api(client.ApiClient(inside)).list_namespaced_pod("test").items == []
