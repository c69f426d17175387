"""Every object that a launcher makes: valid for Kubernetes, safe, and named so that it is found again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from kubernetes_objects import closed as closed_schema
from kubernetes_objects import pods
from vtb.cluster.argo import stage_template, workflow, workflow_template
from vtb.cluster.gang import step_objects
from vtb.cluster.launcher_job import launcher_objects
from vtb.cluster.lws import leader_worker_set
from vtb.cluster.names import object_name
from vtb.cluster.pod import pod_spec
from vtb.cluster.site import Site
from vtb.cluster.site_file import site_from
from vtb.errors import BadInput, UsageProblem
from vtb.pipeline.reading import read_pipeline
from vtb.pipeline.step import Pipeline, Step
from vtb.stage.registry import installed

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = ("1.33", "1.34", "1.35", "1.36", "1.37")
SCHEMAS = os.environ.get("VTB_SCHEMA_DIR")
STORE = "s3://bucket/run1"
LONG = "r" * 63, "s" * 52
EVERYTHING: dict[str, Any] = {
    "namespace": "research",
    "release": LONG[0],
    "serviceAccount": "steps",
    "launcherServiceAccount": "launcher",
    "image": {"registry": "registry.example/group/", "tag": "1.2.3", "pullPolicy": "Always", "pullSecrets": ["pull"]},
    "store": {"endpoint": "http://store:9000", "region": "eu-1", "existingSecret": "s3"},
    "credentials": {"existingSecret": "tokens"},
    "modelCache": {"claim": "models"},
    "gpuResource": "amd.com/gpu",
    "fsGroup": 1000,
    "ttlSecondsAfterFinished": 60,
    "defaults": {
        "cpu": "500m", "memory": "1.5Gi", "gpu": 2, "disk": "5Gi", "sharedMemory": "1Gi",
        "parallelism": 3, "retries": 0,
        "activeDeadlineSeconds": 3600, "nodeSelector": {"pool": "gpu"}, "priorityClassName": "high",
        "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}], "runtimeClassName": "nvidia",
        "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 1, "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname"}}]}},
        "queue": "research", "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
        "extraVolumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
        "extraVolumeMounts": [{"name": "data", "mountPath": "/data", "readOnly": True}],
    },
    "stages": {
        "train-vlm-sft": {"nodes": 2, "memory": "128Gi", "extraResources": {"vpc.amazonaws.com/efa": 4}},
        "eval-predict": {"gpuResource": "nvidia.com/mig-3g.40gb", "extraResources": {"hugepages-2Mi": "64Mi"}},
    },
    "launcher": {"nodeSelector": {"pool": "small"}, "extraEnv": [{"name": "SSL_CERT_FILE", "value": "/ca/ca.crt"}]},
}  # fmt: skip


def sites() -> Iterator[Site]:
    for by in ("job", "jobset", "trainjob"):
        yield site_from({"stages": {"train-vlm-sft": {"nodes": 16}}, "gang": {"by": by}})
        yield site_from({**EVERYTHING, "gang": {"by": by}})


def steps() -> Iterator[tuple[Pipeline, Step]]:
    """Every stage, whole and in parts, and every step of the pipelines that we bring."""
    for entry in installed().values():
        for parts in (1, 100_000) if entry.stage.parallel == "shards" else (1,):
            step = Step(LONG[1], entry.stage.name, {"num-shards": parts} if parts > 1 else {}, {})
            yield Pipeline("p", (step,)), step
    for path in sorted((ROOT / "k8s" / "pipelines").glob("*.yaml")):
        pipeline = read_pipeline(path)
        for step in pipeline.steps:
            yield pipeline, step


def objects() -> list[dict[str, Any]]:
    made = [
        found for site in sites() for pipeline, step in steps() for found in step_objects(pipeline, step, STORE, site)
    ]
    made += [
        found for site in sites() for found in launcher_objects("name: x\n", "p" * 60, STORE, site, ["--set", "a=$(B)"])
    ]
    return made


OBJECTS = objects()
BUILT_IN = ("v1", "batch/v1")
KINDS = {"Job", "Service", "JobSet", "TrainJob", "ConfigMap"}


def test_all_kinds_are_looked_at() -> None:
    assert {made["kind"] for made in OBJECTS} == KINDS
    assert len(list(pods(OBJECTS, "restartPolicy"))) > 100


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_takes_them(version: str) -> None:
    """Jobs are the same whoever runs gangs, but for those of gangs; the pods in other kinds are those of Jobs."""
    looked_at = {json.dumps({**made, "metadata": None}): made for made in OBJECTS if made["apiVersion"] in BUILT_IN}
    assert len(looked_at) > 40
    for made in looked_at.values():
        kubernetes_validate.validate(made, version, strict=True)


@pytest.mark.skipif(not SCHEMAS, reason="VTB_SCHEMA_DIR names no folder of published schemas")
@pytest.mark.parametrize(
    ("kind", "file"), [("JobSet", "jobset"), ("TrainJob", "trainjob"), ("LeaderWorkerSet", "leaderworkerset")]
)
def test_the_controllers_take_them(kind: str, file: str) -> None:
    definition = yaml.safe_load((Path(str(SCHEMAS)) / f"{file}.crd.yaml").read_text(encoding="utf-8"))
    schemas = {entry["name"]: entry["schema"]["openAPIV3Schema"] for entry in definition["spec"]["versions"]}
    predict = installed()["eval predict"].stage
    server = [leader_worker_set("server", predict, ["predict"], 2, 8000, site) for site in sites()]
    made = [found for found in [*OBJECTS, *server] if found["kind"] == kind]
    assert made
    closed = closed_schema(schemas[made[0]["apiVersion"].partition("/")[2]])
    check = jsonschema.validators.validator_for(closed)(closed)
    for found in {json.dumps(found["spec"]): found for found in made}.values():
        check.validate({key: value for key, value in found.items() if key != "metadata"})


@pytest.mark.skipif(not SCHEMAS, reason="VTB_SCHEMA_DIR names no folder of published schemas")
def test_argo_takes_them() -> None:
    schema = json.loads((Path(str(SCHEMAS)) / "argo-workflows.schema.json").read_text(encoding="utf-8"))
    pipeline = read_pipeline(ROOT / "k8s" / "pipelines" / "demo.yaml")
    site = site_from(EVERYTHING)
    made = [workflow(pipeline, pipeline.steps, STORE, site), workflow_template(pipeline, site)]
    for kind in ("Workflow", "WorkflowTemplate"):
        found = {**schema, "$ref": f"#/definitions/io.argoproj.workflow.v1alpha1.{kind}"}
        check = jsonschema.validators.validator_for(found)(found)
        templates = [stage_template(entry.stage, site) for entry in installed().values()] if kind != "Workflow" else []
        for entry in [*made, *templates]:
            if entry["kind"] == kind:
                check.validate(entry)


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


def test_a_stage_has_what_the_site_gives_it() -> None:
    site = site_from(EVERYTHING)
    place = site.place(installed()["train-vlm sft"].stage)
    assert (place.memory, place.cpu, place.nodes, place.gpu) == ("128Gi", "500m", 2, 2)
    assert Site().place(installed()["gen-maze"].stage).memory == "2Gi"


def resources_of(stage: str, site: Site) -> dict[str, Any]:
    (entry,) = [entry.stage for entry in installed().values() if entry.stage.slug == stage]
    found: dict[str, Any] = pod_spec(entry, [], site)["containers"][0]["resources"]
    return found


def test_a_stage_gets_other_resources_and_other_gpus() -> None:
    site = site_from(EVERYTHING)
    trained = resources_of("train-vlm-sft", site)
    assert trained["limits"] == {
        "memory": "128Gi", "ephemeral-storage": "5Gi", "amd.com/gpu": "2", "vpc.amazonaws.com/efa": "4",
    }  # fmt: skip
    assert trained["requests"] == {"cpu": "500m", **trained["limits"]}
    assert resources_of("eval-predict", site)["limits"].items() >= {
        "nvidia.com/mig-3g.40gb": "2", "hugepages-2Mi": "64Mi",
    }.items()  # fmt: skip
    assert "rdma/hca" in resources_of("curate", site_from({"defaults": {"extraResources": {"rdma/hca": 1}}}))["limits"]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("extraResources", {"memory": "4Gi"}, "defaults.extraResources"),
        ("extraResources", {"rdma/hca": 0}, "defaults.extraResources"),
        ("extraResources", {"nvidia.com/gpu": 1}, "defaults.extraResources: nvidia.com/gpu is what gpu asks for"),
    ],
)
def test_resources_that_cannot_be_are_refused(key: str, value: object, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        site_from({"defaults": {key: value}})


def test_a_launcher_in_the_cluster_is_where_the_site_says() -> None:
    """Its own keys before those of the defaults; nothing of what makes a stage large."""
    pod = launcher_objects("steps: []", "p", STORE, site_from(EVERYTHING))[1]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["nodeSelector"] == {"pool": "small"}
    assert pod["tolerations"] == EVERYTHING["defaults"]["tolerations"]
    assert pod["affinity"] == EVERYTHING["defaults"]["affinity"]
    assert pod["priorityClassName"] == "high"
    assert pod["imagePullSecrets"] == [{"name": "pull"}]
    assert "runtimeClassName" not in pod
    assert [entry["value"] for entry in container["env"] if "value" in entry][-1] == "/ca/ca.crt"
    assert "HTTPS_PROXY" not in [entry["name"] for entry in container["env"]]
    assert EVERYTHING["defaults"]["extraVolumes"][0] in pod["volumes"]
    assert EVERYTHING["defaults"]["extraVolumeMounts"][0] in container["volumeMounts"]
    assert "amd.com/gpu" not in container["resources"]["limits"]


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


def test_argo_gets_the_jobs_that_the_launcher_makes() -> None:
    pipeline = read_pipeline(ROOT / "k8s" / "pipelines" / "demo.yaml")
    for site in sites():
        if site.gang.by == "trainjob":
            continue
        templates = {entry["name"]: entry for entry in workflow_template(pipeline, site)["spec"]["templates"]}
        for step in pipeline.steps:
            text = templates[step.name]["resource"]["manifest"].replace("{{workflow.parameters.store}}", STORE)
            ours = step_objects(pipeline, step, STORE, site)[0]
            theirs = yaml.safe_load(text)
            assert _normal(theirs, theirs["metadata"].get("name")) == _normal(ours, ours["metadata"]["name"])


def _normal(made: dict[str, Any], name: str | None) -> dict[str, Any]:
    """Without its name, wherever that stands, and without Argo's label."""
    text = json.dumps(made)
    found: dict[str, Any] = json.loads(text.replace(name, "NAME") if name else text)
    found["metadata"] = {key: value for key, value in found["metadata"].items() if key not in ("name", "generateName")}
    cleaned = json.dumps(found).replace(', "workflows.argoproj.io/workflow": "{{workflow.name}}"', "")
    return dict(json.loads(cleaned))


def test_argo_does_not_get_what_it_would_read_as_a_parameter() -> None:
    step = Step("mazes", "gen-maze", {"preset": "{{workflow.parameters.secret}}"}, {})
    with pytest.raises(UsageProblem, match="Argo would take for a parameter"):
        workflow(Pipeline("p", (step,)), [step], STORE, Site())


def test_argo_cannot_wait_for_a_trainjob() -> None:
    pipeline = read_pipeline(ROOT / "k8s" / "pipelines" / "demo.yaml")
    site = site_from({"gang": {"by": "trainjob"}, "stages": {"train-vlm-sft": {"nodes": 2}}})
    with pytest.raises(UsageProblem, match=r"gang\.by trainjob"):
        workflow_template(pipeline, site)
