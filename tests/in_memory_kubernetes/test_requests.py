"""The API as https://kubernetes.io/docs/reference/using-api/api-concepts/ describes it, seen through the client."""

from __future__ import annotations

import itertools

import pytest
import urllib3
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

from in_memory_kubernetes import ALL_GROUPS, Kubernetes
from in_memory_kubernetes.config_maps import config_map, refused
from in_memory_kubernetes.config_maps import core as core  # a fixture
from in_memory_kubernetes.jobs import raw


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
