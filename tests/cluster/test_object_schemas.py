"""Every object that a launcher makes is valid for Kubernetes and for the controllers that take it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import pytest
import yaml

from cluster.made_objects import OBJECTS
from cluster.sites import EVERYTHING, ROOT, STORE, sites
from kubernetes_objects import check_with_kubernetes, pods
from kubernetes_objects import closed as closed_schema
from vtb.cluster.argo import stage_template, workflow, workflow_template
from vtb.cluster.lws import leader_worker_set
from vtb.cluster.site_file import site_from
from vtb.pipeline.reading import read_pipeline
from vtb.stage.registry import installed

VERSIONS = ("1.33", "1.34", "1.35", "1.36", "1.37")
SCHEMAS = os.environ.get("VTB_SCHEMA_DIR")
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
        check_with_kubernetes(made, version)


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
