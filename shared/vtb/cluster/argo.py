"""Argo Workflows: the order of the steps is Argo's, each step is the same Job that our own launcher makes.

A step is a ``resource`` template: Argo creates the object and waits for its end; data never passes through Argo.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import yaml

from vtb.cluster.gang import step_objects
from vtb.cluster.names import MANAGED, PIPELINE, RELEASE, label_value, short
from vtb.cluster.site import Site
from vtb.errors import UsageProblem
from vtb.pipeline import Pipeline, Step

STORE = "{{workflow.parameters.store}}"
# A Job tells success by this field. For failure it has a condition, whose place in the list is not fixed: a queue that
# held the Job back has put its own before it.
SUCCESS = {"Job": "status.completionTime", "JobSet": "status.terminalState == Completed"}
FAILURE = {
    "Job": ",".join(f"status.conditions.{place}.type in (FailureTarget, Failed)" for place in range(4)),
    "JobSet": "status.terminalState == Failed",
}
CONDITIONS = ",".join(f"status.conditions.{place}.type == %s" for place in range(4))


def workflow(pipeline: Pipeline, steps: Sequence[Step], store: str, site: Site) -> dict[str, Any]:
    """A Workflow of the chosen steps."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": f"{short(f'{site.release}-{pipeline.name}', 40)}-", **_meta(pipeline, site)},
        "spec": spec(pipeline, steps, store, site),
    }


def workflow_template(pipeline: Pipeline, site: Site) -> dict[str, Any]:
    """A WorkflowTemplate of a pipeline, with the store as its parameter."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "WorkflowTemplate",
        "metadata": {"name": f"vtb-{pipeline.name}", **_meta(pipeline, site)},
        "spec": spec(pipeline, pipeline.steps, None, site),
    }


def _meta(pipeline: Pipeline, site: Site) -> dict[str, Any]:
    marks = {**MANAGED, RELEASE: site.release, PIPELINE: label_value(pipeline.name)}
    return {**({"namespace": site.namespace} if site.namespace else {}), "labels": marks}


def spec(pipeline: Pipeline, steps: Sequence[Step], store: str | None, site: Site) -> dict[str, Any]:
    """What the workflow does: a graph of tasks, one for each step."""
    names = {step.name for step in steps}
    tasks = [
        {"name": step.name, "template": step.name, **({"depends": " && ".join(sorted(step.earlier & names))} if step.earlier & names else {})}
        for step in steps
    ]
    return {
        "entrypoint": "pipeline",
        "arguments": {"parameters": [{"name": "store", **({"value": store} if store else {})}]},
        **({"serviceAccountName": site.launcher_service_account} if site.launcher_service_account else {}),
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "ttlStrategy": {"secondsAfterCompletion": site.ttl_seconds_after_finished},
        "templates": [
            {"name": "pipeline", "dag": {"tasks": tasks}},
            *(template for step in steps for template in step_templates(pipeline, step, site)),
        ],
    }
