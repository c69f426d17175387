"""Argo Workflows: the order of the steps is Argo's, each step is the same Job that our own launcher makes.

A step is a ``resource`` template: Argo creates the object and waits for its end; data never passes through Argo.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import msgspec

from vtb.cluster.as_yaml import text
from vtb.cluster.gang import step_objects
from vtb.cluster.names import MANAGED, PIPELINE, RELEASE, label_value, short
from vtb.cluster.pod import POD_SECURITY
from vtb.cluster.site import Site
from vtb.errors import UsageProblem
from vtb.pipeline.step import PARTS, Pipeline, Step
from vtb.stage.declaration import Stage

STORE = "{{workflow.parameters.store}}"
WORDS, WHOLE_PARTS = (
    "WORDS-AS-TEXT",
    "PARTS-AS-TEXT",
)  # for what is put in as text, where YAML has no place for a parameter
LABEL = "workflows.argoproj.io/workflow"  # by it `argo logs` finds the pods
# Of a failure condition any part is enough, of a success condition all are needed. A Job has a time of completion only
# when it was successful; that it failed stands in a list, after what a queue may have put there.
SUCCESS = {"Job": "status.completionTime", "JobSet": "status.terminalState == Completed"}
FAILURE = {
    "Job": ",".join(f"status.conditions.{place}.type in (FailureTarget, Failed)" for place in range(4)),
    "JobSet": "status.terminalState == Failed",
}


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
    made = {step.name: step_templates(pipeline, step, site) for step in steps}
    tasks = [task for step in steps for task in _tasks(made[step.name], sorted(step.earlier & names))]
    return {
        "entrypoint": "pipeline",
        "arguments": {"parameters": [{"name": "store", **({"value": store} if store else {})}]},
        **_common(site),
        "templates": [
            {"name": "pipeline", "dag": {"tasks": tasks}},
            *(template for step in steps for template in made[step.name]),
        ],
    }


def _common(site: Site) -> dict[str, Any]:
    """Who the workflow's own pods are, and how long it is kept."""
    return {
        **({"serviceAccountName": site.launcher_service_account} if site.launcher_service_account else {}),
        "securityContext": POD_SECURITY,
        "ttlStrategy": {"secondsAfterCompletion": site.ttl_seconds_after_finished},
    }


def _tasks(templates: Sequence[dict[str, Any]], after: Sequence[str]) -> list[dict[str, Any]]:
    """The tasks of a step: its Service where it has one, then its Job, which has the name of the step."""
    found: list[dict[str, Any]] = []
    for template in templates:
        name = template["name"]
        found.append({"name": name, "template": name, **({"depends": " && ".join(after)} if after else {})})
        after = [name]
    return found


def step_templates(pipeline: Pipeline, step: Step, site: Site) -> list[dict[str, Any]]:
    """The templates that make the objects of a step; the last, with the step's name, waits for its end."""
    _check(step, site)
    main, *others = step_objects(pipeline, step, STORE, site)
    old = main["metadata"].pop("name")
    if others or main["kind"] != "Job":  # others know it by its name
        main["metadata"]["name"] = old
    else:
        main["metadata"]["generateName"] = f"{short(f'{site.release}-{step.name}', 40)}-"
    new = f"{short(step.name, 7)}-{hashlib.sha256(step.name.encode()).hexdigest()[:4]}-{{{{workflow.uid}}}}"
    for template in [job["template"] for job in _jobs(main)]:
        template["metadata"]["labels"] = {**template["metadata"]["labels"], LABEL: "{{workflow.name}}"}
    waits = {"successCondition": SUCCESS[main["kind"]], "failureCondition": FAILURE[main["kind"]]}
    return [
        *(_resource(f"{step.name}-service", text(other).replace(old, new), {}) for other in others),
        _resource(step.name, text(main).replace(old, new), waits),
    ]


def _check(step: Step, site: Site) -> None:
    if step.name[0].isdigit():  # it could not say which task comes after which
        raise UsageProblem(f"step {step.name}: begins with a digit, which Argo takes for no name: rename it")
    if any("{{" in word for word in step.arguments("")):
        raise UsageProblem(f"step {step.name}: an option holds {{{{, which Argo would take for a parameter")
    nodes = site.place(step.installed.stage).nodes or 1
    if nodes > 1 and site.gang.by == "trainjob":
        raise UsageProblem(
            "gang.by trainjob: Argo cannot tell how a TrainJob ends: take job or jobset in the site file"
        )


def _jobs(main: dict[str, Any]) -> list[dict[str, Any]]:
    """The specifications of the Jobs in an object."""
    if main["kind"] == "Job":
        return [main["spec"]]
    return [job["template"]["spec"] for job in main["spec"]["replicatedJobs"]]


def _resource(name: str, manifest: str, waits: dict[str, str]) -> dict[str, Any]:
    return {
        "name": name, "resource": {"action": "create", "setOwnerReference": True, "manifest": manifest, **waits},
    }  # fmt: skip


def stage_template(stage: Stage, site: Site) -> dict[str, Any]:
    """A WorkflowTemplate that runs one stage.

    Its parameters: ``output``; ``arguments``, more words, each in double quotes with commas between; ``parts`` for a
    stage whose work may be split.
    """
    step = Step(stage.slug, stage.name, {PARTS: 2} if stage.parallel == "shards" else {}, {})
    pipeline = Pipeline(stage.slug, (step,))
    main = step_objects(pipeline, step, "", msgspec.structs.replace(site, stages=_on_one_node(site, stage)))[0]
    main["metadata"] = {
        "generateName": f"{short(f'{site.release}-{stage.slug}', 40)}-",
        "labels": main["metadata"]["labels"],
    }
    pod = main["spec"]["template"]
    pod["metadata"]["labels"] = {**pod["metadata"]["labels"], LABEL: "{{workflow.name}}"}
    container = pod["spec"]["containers"][0]
    words = [*stage.command.split()[1:], "--output", "{{inputs.parameters.output}}"]
    parameters = [{"name": "output"}, {"name": "arguments", "value": ""}]
    if stage.parallel == "shards":
        parameters.append({"name": "parts", "value": "1"})
        words += ["--num-shards", "{{inputs.parameters.parts}}"]
        main["spec"] |= {"completions": WHOLE_PARTS, "parallelism": site.place(stage).parallelism}
    container["args"] = WORDS
    listed = ", ".join(json.dumps(word) for word in words)
    manifest = text(main).replace(WORDS, f"[{listed}, {{{{inputs.parameters.arguments}}}}]")
    manifest = manifest.replace(WHOLE_PARTS, "{{inputs.parameters.parts}}")
    run = _resource("run", manifest, {"successCondition": SUCCESS["Job"], "failureCondition": FAILURE["Job"]})
    inputs = [{"name": entry["name"], "value": f"{{{{workflow.parameters.{entry['name']}}}}}"} for entry in parameters]
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "WorkflowTemplate",
        "metadata": {"name": f"vtb-{stage.slug}", **_meta(pipeline, site)},
        "spec": {
            "entrypoint": "run",
            "arguments": {"parameters": parameters},
            **_common(site),
            "templates": [{**run, "inputs": {"parameters": inputs}}],
        },
    }


def _on_one_node(site: Site, stage: Stage) -> dict[str, Any]:
    own = site.stages.get(stage.slug)
    return {**site.stages, stage.slug: msgspec.structs.replace(own, nodes=1)} if own else site.stages
