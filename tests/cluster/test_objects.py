"""Every object that a launcher makes: safe, and named so that it is found again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cluster.made_objects import OBJECTS
from cluster.sites import EVERYTHING, STORE
from kubernetes_objects import pods
from vtb.cluster.gang import step_objects
from vtb.cluster.names import object_name
from vtb.cluster.site import Site
from vtb.cluster.site_file import site_from
from vtb.pipeline.step import Pipeline, Step


@pytest.mark.parametrize("pod", list(pods(OBJECTS, "restartPolicy")), ids=lambda pod: "")
def test_pods_keep_to_the_rules(pod: dict[str, Any]) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    assert not any("hostPath" in volume for volume in pod["volumes"])
    for container in pod["containers"]:
        safe = container["securityContext"]
        assert safe["allowPrivilegeEscalation"] is False
        assert safe["readOnlyRootFilesystem"] is True
        assert safe["capabilities"] == {"drop": ["ALL"]}
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
        assert "memory" in container["resources"]["limits"]
        assert not container["image"].endswith(":latest")
        assert ":" in container["image"].rpartition("/")[2]
    if not pod["containers"][0]["image"].count("vtb/launcher"):
        assert pod["automountServiceAccountToken"] is False


def test_names_are_short_enough_for_their_pods() -> None:
    for made in OBJECTS:
        name = made["metadata"]["name"]
        longest = {"JobSet": f"{name}-node-0-15-abcde", "Job": f"{name}-99999"}.get(made["kind"], name)
        assert len(longest) <= 63, longest
        assert all(len(value) <= 63 for value in made["metadata"]["labels"].values())


def test_the_same_step_has_the_same_name_and_a_changed_one_another() -> None:
    spec = {"a": [1, 2], "b": "x"}
    assert object_name("r", "s", spec) == object_name("r", "s", {"b": "x", "a": [1, 2]})
    assert object_name("r", "s", spec) != object_name("r", "s", {**spec, "b": "y"})


def test_arguments_mean_themselves() -> None:
    step = Step("mazes", "gen-maze", {"preset": "$(AWS_SECRET_ACCESS_KEY)"}, {})
    (made,) = step_objects(Pipeline("p", (step,)), step, "s3://b/$(X)", Site())
    args = made["spec"]["template"]["spec"]["containers"][0]["args"]
    assert args == ["--output", "s3://b/$$(X)/mazes", "--preset", "$$(AWS_SECRET_ACCESS_KEY)"]


def test_secrets_are_named_and_never_told() -> None:
    told = json.dumps(OBJECTS)
    site = site_from(EVERYTHING)
    step = Step("adapter", "train-vlm sft", {}, {"model": ("m",), "input": ("i",)})
    container = step_objects(Pipeline("p", (step,)), step, STORE, site)[0]["spec"]["template"]["spec"]["containers"][0]
    secret = {
        entry["name"]: entry["valueFrom"]["secretKeyRef"]["name"] for entry in container["env"] if "valueFrom" in entry
    }
    assert secret == {
        "AWS_ACCESS_KEY_ID": "s3", "AWS_SECRET_ACCESS_KEY": "s3", "AWS_SESSION_TOKEN": "s3",
        "HF_TOKEN": "tokens", "WANDB_API_KEY": "tokens",
    }  # fmt: skip
    mazes = Step("mazes", "gen-maze", {}, {})
    names = [
        entry["name"]
        for entry in step_objects(Pipeline("p", (mazes,)), mazes, STORE, site)[0]["spec"]["template"]["spec"][
            "containers"
        ][0]["env"]
    ]
    assert "HF_TOKEN" not in names
    assert '"envFrom"' not in told


def test_parts_become_indexes() -> None:
    step = Step("mazes", "gen-maze", {"num-shards": 1000, "count": 5}, {})
    (made,) = step_objects(
        Pipeline("p", (step,)), step, STORE, site_from({"stages": {"gen-maze": {"parallelism": 20}}})
    )
    spec = made["spec"]
    assert (spec["completionMode"], spec["completions"], spec["parallelism"]) == ("Indexed", 1000, 20)
    assert spec["template"]["spec"]["containers"][0]["args"] == [
        "--output", f"{STORE}/mazes", "--count", "5", "--num-shards", "1000"
    ]  # fmt: skip
    assert "--num-shards" not in step.arguments(STORE)  # elsewhere one process does it all


def test_every_node_of_a_gang_finds_the_first(tmp_path: Path) -> None:
    step = Step("adapter", "train-vlm sft", {}, {"model": ("m",), "input": ("i",)})
    job, service = step_objects(
        Pipeline("p", (step,)), step, STORE, site_from({"stages": {"train-vlm-sft": {"nodes": 3}}})
    )
    name = job["metadata"]["name"]
    pod = job["spec"]["template"]["spec"]
    env = {entry["name"]: entry.get("value") for entry in pod["containers"][0]["env"]}
    assert (env["PET_NNODES"], env["PET_MASTER_ADDR"]) == ("3", f"{name}-0.{name}")
    assert pod["subdomain"] == service["metadata"]["name"] == name
    assert service["spec"]["selector"] == {"batch.kubernetes.io/job-name": name}
