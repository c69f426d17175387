"""Argo gets the Jobs that the launcher makes, and nothing that it would read otherwise."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from cluster.sites import ROOT, STORE, sites
from vtb.cluster.argo import workflow, workflow_template
from vtb.cluster.gang import step_objects
from vtb.cluster.site import Site
from vtb.cluster.site_file import site_from
from vtb.errors import UsageProblem
from vtb.pipeline.reading import read_pipeline
from vtb.pipeline.step import Pipeline, Step


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


def test_argo_does_not_get_a_name_that_begins_with_a_digit() -> None:
    """Argo Workflows refuses such tasks where one comes after another (its issue 4199)."""
    step = Step("3d-mazes", "gen-maze", {}, {})
    with pytest.raises(UsageProblem, match="step 3d-mazes: begins with a digit"):
        workflow(Pipeline("p", (step,)), [step], STORE, Site())


def test_argo_cannot_wait_for_a_trainjob() -> None:
    pipeline = read_pipeline(ROOT / "k8s" / "pipelines" / "demo.yaml")
    site = site_from({"gang": {"by": "trainjob"}, "stages": {"train-vlm-sft": {"nodes": 2}}})
    with pytest.raises(UsageProblem, match=r"gang\.by trainjob"):
        workflow_template(pipeline, site)
