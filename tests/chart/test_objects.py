"""Everything that the chart makes is valid, safe, and no more than it needs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from helm import CI, Object, ci_values, manifests, notes, one, pods, render

pytestmark = pytest.mark.chart
VERSIONS = ("1.33", "1.34", "1.35", "1.36", "1.37")
SCHEMAS = os.environ.get("VTB_SCHEMA_DIR")
KUBERNETES = {"v1", "apps/v1", "batch/v1", "networking.k8s.io/v1", "rbac.authorization.k8s.io/v1"}
LONG = "a.release-with-a-name-as-long-as-helm-lets-it-be-5678"
BY = {f"everything-{by}": {**ci_values("everything"), "gang": {"by": by}} for by in ("job", "jobset")}
SHAPES: dict[str, dict[str, Any]] = {name: ci_values(name) for name in CI} | BY


def everything(values: dict[str, Any], **more: Any) -> list[Object]:
    """The objects of a release, and those that its workflows would create."""
    made = render(values, **more)
    return [*made, *(entry for found in made if found["kind"] == "WorkflowTemplate" for entry in manifests(found))]


OBJECTS = {name: everything(values) for name, values in SHAPES.items()}


def test_all_kinds_are_looked_at() -> None:
    assert {made["kind"] for objects in OBJECTS.values() for made in objects} == {
        "ConfigMap", "Deployment", "Job", "JobSet", "NetworkPolicy", "PersistentVolumeClaim", "Pod", "Role",
        "RoleBinding", "Secret", "Service", "ServiceAccount", "WorkflowTemplate",
    }  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_takes_them(version: str) -> None:
    looked_at = {json.dumps(made): made for objects in OBJECTS.values() for made in objects}
    for made in looked_at.values():
        if made["apiVersion"] in KUBERNETES:
            kubernetes_validate.validate(_settled(made), version, strict=True)


def _settled(made: Object) -> Object:
    """With a number where Argo puts a parameter that is one."""
    text = json.dumps(made).replace('"completions": "<<inputs.parameters.parts>>"', '"completions": 1')
    settled: Object = json.loads(text)
    return settled


def _closed(schema: Any) -> Any:
    """The schema with unknown keys refused, as the API server does when it is asked to be strict."""
    if isinstance(schema, list):
        return [_closed(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed


@pytest.mark.skipif(not SCHEMAS, reason="VTB_SCHEMA_DIR names no folder of published schemas")
def test_jobset_takes_them() -> None:
    definition = yaml.safe_load((Path(str(SCHEMAS)) / "jobset.crd.yaml").read_text(encoding="utf-8"))
    (schema,) = [entry["schema"]["openAPIV3Schema"] for entry in definition["spec"]["versions"] if entry["storage"]]
    found = [made for objects in OBJECTS.values() for made in objects if made["kind"] == "JobSet"]
    assert found
    check = jsonschema.Draft202012Validator(_closed(schema))
    for made in found:
        check.validate({key: value for key, value in made.items() if key != "metadata"})


@pytest.mark.skipif(not SCHEMAS, reason="VTB_SCHEMA_DIR names no folder of published schemas")
def test_argo_takes_them() -> None:
    schema = json.loads((Path(str(SCHEMAS)) / "argo-workflows.schema.json").read_text(encoding="utf-8"))
    whole = {**schema, "$ref": "#/definitions/io.argoproj.workflow.v1alpha1.WorkflowTemplate"}
    check = jsonschema.validators.validator_for(whole)(whole)
    found = [made for name in ("argo", *BY) for made in OBJECTS[name] if made["kind"] == "WorkflowTemplate"]
    assert len(found) > 20
    for made in found:
        check.validate(made)


def containers(pod: Object) -> Iterator[Object]:
    yield from pod["containers"] + pod.get("initContainers", [])


RULES: dict[str, Callable[[Object], bool]] = {
    "not as root": lambda pod: pod["securityContext"]["runAsNonRoot"] is True,
    "system calls filtered": lambda pod: pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"},
    "nothing of the node's": lambda pod: not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys(),
    "no paths of the node": lambda pod: not any("hostPath" in volume for volume in pod["volumes"]),
    "no more rights": lambda pod: all(
        entry["securityContext"]["allowPrivilegeEscalation"] is False for entry in containers(pod)
    ),
    "no capabilities": lambda pod: all(
        entry["securityContext"]["capabilities"] == {"drop": ["ALL"]} for entry in containers(pod)
    ),
    "read-only root": lambda pod: all(
        entry["securityContext"]["readOnlyRootFilesystem"] is True for entry in containers(pod)
    ),
    "requests": lambda pod: all(
        {"cpu", "memory"} <= entry["resources"]["requests"].keys() for entry in containers(pod)
    ),
    "a limit to memory": lambda pod: all("memory" in entry["resources"]["limits"] for entry in containers(pod)),
    "a tag": lambda pod: all(
        re.fullmatch(r".*vtb/[a-z-]+:(?!latest$)[\w.-]+", entry["image"]) for entry in containers(pod)
    ),
    "a place to write": lambda pod: all(
        "/tmp" in [mount["mountPath"] for mount in entry["volumeMounts"]] for entry in containers(pod)
    ),
    "no names of Services in the environment": lambda pod: pod["enableServiceLinks"] is False,
    "a token for the launcher alone": lambda pod: (
        pod.get("automountServiceAccountToken") is False or pod["containers"][0]["args"][0] == "run"
    ),
    "an account of its own": lambda pod: pod["serviceAccountName"] != "default",
    "no key in plain sight": lambda pod: not any(
        re.search("KEY|TOKEN|SECRET", variable["name"]) and "value" in variable
        for entry in containers(pod) for variable in entry["env"]
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_pods_keep_to_the_rules(rule: str) -> None:
    for name, objects in OBJECTS.items():
        found = list(pods(objects))
        assert found
        for pod in found:
            assert RULES[rule](pod), f"{name}: {pod}"


@pytest.mark.parametrize("upgrade", [False, True])
def test_names_are_short_enough(upgrade: bool) -> None:
    assert len(LONG) == 53
    for values in SHAPES.values():
        objects = everything(values, name=LONG, upgrade=upgrade)
        names = [made["metadata"].get("name") for made in objects if "generateName" not in made["metadata"]]
        for name in names:
            plain = re.sub("<<.*>>", "u" * 36, name)
            assert len(plain) <= 63, name
            assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", plain), name
        for label in (label for made in objects for label in made["metadata"]["labels"].values()):
            assert len(label) <= 63
    assert len({(made["kind"], made["metadata"]["name"]) for made in render(SHAPES["everything"], name=LONG)}) == len(
        render(SHAPES["everything"], name=LONG)
    )


@pytest.mark.parametrize("name", ["true", "null", "on", "e1", "a.b"])
def test_names_that_yaml_reads_otherwise_stay_names(name: str) -> None:
    values = {**ci_values("everything"), "serviceAccount": {"name": "123"}, "store": {"uri": "s3://b/p"}}
    for made in everything(values, name=name):
        texts = [*made["metadata"]["labels"].values(), *made["metadata"].get("annotations", {}).values()]
        texts += [pod["serviceAccountName"] for pod in pods(made)]
        assert all(isinstance(text, str) for text in texts)
        assert made["metadata"]["labels"]["app.kubernetes.io/instance"] == name.replace(".", "-")


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
    others = [
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
        for made in OBJECTS["everything"] if made["kind"] == "PersistentVolumeClaim"
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
