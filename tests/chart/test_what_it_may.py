"""What the parts of a release may do and reach, what is kept secret, what starts anew, and what the user is told."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from chart.helm import CI, Object, ci_values, manifests, notes, one, pods, render

pytestmark = pytest.mark.chart


def rights(objects: list[Object]) -> dict[str, set[str]]:
    return {
        f"{group}/{resource}".lstrip("/"): set(rule["verbs"])
        for rule in one(objects, "Role")["rules"] for group in rule["apiGroups"] for resource in rule["resources"]
    }  # fmt: skip


STEPS = {"create", "get", "list", "watch", "delete"}


@pytest.mark.parametrize(
    ("by", "more"),
    [
        ("job", {}),
        ("jobset", {"jobset.x-k8s.io/jobsets": STEPS}),
        ("trainjob", {"trainer.kubeflow.org/trainjobs": STEPS}),
    ],
)
def test_the_role_is_what_the_launcher_asks_for(by: str, more: dict[str, set[str]]) -> None:
    objects = render({"store": {"uri": "s3://b/p"}, "gang": {"by": by}})
    assert rights(objects) == more | {
        "batch/jobs": STEPS, "pods": {"get", "list", "watch"}, "pods/log": {"get"}, "events": {"list"},
        "services": {"create", "get"}, "configmaps": {"get"},
    }  # fmt: skip
    (config,) = [rule for rule in one(objects, "Role")["rules"] if rule["resources"] == ["configmaps"]]
    assert config["resourceNames"] == ["vtb-train-site"]
    assert not {"ClusterRole", "ClusterRoleBinding"} & {made["kind"] for made in objects}
    (subject,) = one(objects, "RoleBinding")["subjects"]
    assert (subject["name"], subject["namespace"]) == ("vtb-train-launcher", "research")
    assert one(objects, "ServiceAccount", "-steps")["automountServiceAccountToken"] is False


def test_another_run_gets_another_launcher() -> None:
    values = {"store": {"uri": "s3://b/run1", "existingSecret": "s3"}}
    others: list[dict[str, Any]] = [
        {**values, "store": {**values["store"], "uri": "s3://b/run2"}},
        {**values, "pipeline": {"settings": ["count=5"]}},
        {**values, "pipeline": {"file": "name: mine\nsteps: []\n"}},
        {**values, "stages": {"gen-maze": {"parallelism": 3}}},
        {**values, "image": {"tag": "0.2.0"}},
        {**values, "launcher": {"extraEnv": [{"name": "A", "value": "b"}]}},
    ]
    assert one(render(values), "Job")["metadata"]["name"] == "vtb-train-launcher"
    name = one(render(values, upgrade=True), "Job")["metadata"]["name"]
    assert re.fullmatch(r"vtb-train-launcher-[0-9a-f]{10}", name)
    assert one(render(values, upgrade=True), "Job")["metadata"]["name"] == name
    names = {one(render(other, upgrade=True), "Job")["metadata"]["name"] for other in others}
    assert len(names - {name}) == len(others)
    config = one(render(values, upgrade=True), "ConfigMap", name)
    assert one(render(values, upgrade=True), "Job")["spec"]["template"]["spec"]["volumes"][-1] == {
        "name": "files", "configMap": {"name": config["metadata"]["name"]},
    }  # fmt: skip


def test_secrets_stay_in_their_secret() -> None:
    objects = render(ci_values("everything"))
    told = json.dumps([made for made in objects if made["kind"] != "Secret"]) + notes(ci_values("everything"))
    assert "for-a-trial-0123" not in told
    assert "for-a-trial-0123" not in json.dumps(render(ci_values("s3-existing-secret")))
    assert not [made for made in render(ci_values("s3-existing-secret")) if made["kind"] == "Secret"]


def test_the_development_store_has_keys_by_chance() -> None:
    first, second = (one(render(ci_values("laptop")), "Secret")["data"] for _ in range(2))
    assert first.keys() == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    assert first["AWS_SECRET_ACCESS_KEY"] != second["AWS_SECRET_ACCESS_KEY"]


def policies(values: dict[str, Any]) -> dict[str, Object]:
    return {
        made["metadata"]["name"].removeprefix("vtb-train-"): made["spec"]
        for made in render(values) if made["kind"] == "NetworkPolicy"
    }  # fmt: skip


def test_traffic_is_denied_but_for_names_store_and_api_server() -> None:
    found = policies(ci_values("restricted-network"))
    assert found.keys() == {"deny", "store", "api-server", "gang-train-vlm-sft"}
    release = {"app.kubernetes.io/name": "vtb-train", "app.kubernetes.io/instance": "vtb-train"}
    assert found["deny"] == {"podSelector": {"matchLabels": release}, "policyTypes": ["Ingress", "Egress"]}
    names, store = found["store"]["egress"]
    assert {entry["port"] for entry in names["ports"]} == {53, 5353}
    assert store == {"to": [{"ipBlock": {"cidr": "10.1.2.3/32"}}], "ports": [{"protocol": "TCP", "port": 9000}]}
    assert found["api-server"]["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "launcher"
    gang = found["gang-train-vlm-sft"]
    assert gang["ingress"] == [{"from": gang["egress"][0]["to"]}] == [{"from": [{"podSelector": gang["podSelector"]}]}]


def test_addresses_that_are_not_told_are_everywhere() -> None:
    found = policies({"store": {"uri": "s3://b/p"}, "networkPolicy": {"enabled": True}})
    rules = [*found["store"]["egress"], *found["api-server"]["egress"]]
    assert [sorted(rule) for rule in rules] == [["ports"]] * 3
    assert all(rule["ports"] for rule in rules)


@pytest.mark.parametrize(
    ("endpoint", "port"),
    [
        ("", 443),
        ("https://s3.example.org", 443),
        ("http://store", 80),
        ("http://store:8333/", 8333),
        ("https://[::1]:9", 9),
    ],
)
def test_the_store_is_reached_on_its_port(endpoint: str, port: int) -> None:
    values = {"store": {"uri": "s3://b/p", "endpoint": endpoint}, "networkPolicy": {"enabled": True}}
    assert policies(values)["store"]["egress"][1]["ports"] == [{"protocol": "TCP", "port": port}]


def test_only_the_volume_that_says_so_is_kept() -> None:
    kept = {
        made["metadata"]["name"]: made["metadata"].get("annotations", {}).get("helm.sh/resource-policy")
        for made in render(ci_values("everything")) if made["kind"] == "PersistentVolumeClaim"
    }  # fmt: skip
    assert kept == {"vtb-train-models": "keep", "vtb-train-dev-store": None}
    told = notes(ci_values("everything"))
    assert "What stays: what was written to the store, and the volume of models" in told
    assert "for trials only" in told
    assert "volume" not in notes(ci_values("s3-existing-secret"))


@pytest.mark.parametrize("name", CI)
def test_notes_say_how_to_go_on(name: str) -> None:
    told = notes(ci_values(name))
    wanted = ["helm uninstall", "kubectl get configmap", "What stays"]
    if ci_values(name).get("launcher", {}).get("enabled", True):
        wanted += ["kubectl logs -n research -f job/vtb-train-launcher", "Resume it", "Change it", "helm test"]
    assert [words for words in wanted if words not in told] == []


def test_the_laptop_is_not_asked_for_more_than_it_has() -> None:
    templates = render({**ci_values("laptop"), "argo": {"enabled": True}})
    demo = one(templates, "WorkflowTemplate", "vtb-demo")
    asked = [pod["containers"][0]["resources"] for pod in pods(list(manifests(demo)))]
    assert len(asked) == 7
    assert not any("nvidia.com/gpu" in entry["limits"] for entry in asked)
    cpu = sorted(_milli(entry["requests"]["cpu"]) for entry in asked)
    memory = sorted(int(entry["limits"]["memory"].removesuffix("Gi")) for entry in asked)
    assert sum(cpu[-2:]) + 200 <= 1500  # two steps side by side, the launcher, the store, and Kubernetes itself
    assert sum(memory[-2:]) <= 7


def _milli(cpu: str) -> int:
    return int(cpu.removesuffix("m")) if cpu.endswith("m") else int(float(cpu) * 1000)
