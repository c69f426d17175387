"""Everything that the chart makes is valid, safe, and no more than it needs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from chart.helm import CI, Object, ci_values, manifests, pods, render
from kubernetes_objects import check_with_kubernetes
from kubernetes_objects import closed as closed_schema

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
            check_with_kubernetes(_settled(made), version)


def _settled(made: Object) -> Object:
    """With a number where Argo puts a parameter that is one."""
    text = json.dumps(made).replace('"completions": "<<inputs.parameters.parts>>"', '"completions": 1')
    settled: Object = json.loads(text)
    return settled


@pytest.mark.skipif(not SCHEMAS, reason="VTB_SCHEMA_DIR names no folder of published schemas")
def test_jobset_takes_them() -> None:
    definition = yaml.safe_load((Path(str(SCHEMAS)) / "jobset.crd.yaml").read_text(encoding="utf-8"))
    (schema,) = [entry["schema"]["openAPIV3Schema"] for entry in definition["spec"]["versions"] if entry["storage"]]
    found = [made for objects in OBJECTS.values() for made in objects if made["kind"] == "JobSet"]
    assert found
    check = jsonschema.Draft202012Validator(closed_schema(schema))
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
    values = {**ci_values("everything"), "serviceAccount": {"name": "123"}, "store": {"uri": "s3://vtb/p"}}
    for made in everything(values, name=name):
        texts = [*made["metadata"]["labels"].values(), *made["metadata"].get("annotations", {}).values()]
        texts += [pod["serviceAccountName"] for pod in pods(made)]
        assert all(isinstance(text, str) for text in texts)
        assert made["metadata"]["labels"]["app.kubernetes.io/instance"] == name.replace(".", "-")
