"""What clusters get, written from the stage declarations: example objects, and the data that the chart is made from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from vtb.cluster.argo import workflow_template
from vtb.cluster.as_yaml import text
from vtb.cluster.gang import step_objects
from vtb.cluster.site import PARALLELISM, RETRIES, Gang, Site, StagePlace, StoreAccess, site_schema
from vtb.pipeline.reading import read_pipeline
from vtb.pipeline.step import PARTS, Pipeline, Step
from vtb.render import chart, site_table
from vtb.stage.declaration import Stage
from vtb.stage.registry import installed

CHART = Path("charts/vtb-train")
WRITTEN = "# Written by `vtb render` from the stage declarations: change those, not this.\n"
STORE = "s3://bucket/run1"
SITE = Site(store=StoreAccess(existing_secret="s3"))
PLACE = "{store}"  # where the chart puts the store into a step's words


def rendered(root: Path) -> dict[Path, str]:
    """Every file for clusters as it should be."""
    pipelines = {path.stem: path for path in sorted((root / "k8s" / "pipelines").glob("*.yaml"))}
    files = {f"k8s/{name}": WRITTEN + made for name, made in {**_jobs(), **_argo(pipelines), **_gangs()}.items()}
    files |= {f"{CHART}/{name}": made for name, made in _chart(root, pipelines).items()}
    return {root / name: made for name, made in files.items()} | site_table.rendered(root)


def _documents(objects: list[dict[str, Any]]) -> str:
    return "---\n".join(text(made) for made in objects)


def _example(stage: Stage, options: dict[str, Any]) -> tuple[Pipeline, Step]:
    """A step that reads from the steps that an example would have before it."""
    read = {option: ("an-earlier-step",) for option in ("input", *_models(stage)) if option != "input" or stage.reads}
    step = Step(stage.slug, stage.name, options, read)
    return Pipeline("example", (step,)), step


def _models(stage: Stage) -> Iterator[str]:
    command = next(found.command for found in installed().values() if found.stage is stage)
    models = (param for param in command.params if param.name == "model")
    yield from (str(param.name) for param in models if getattr(param, "artifact", False))


def _jobs() -> dict[str, str]:
    """A Job a stage, split in four where it can be."""
    found = {}
    for entry in installed().values():
        stage = entry.stage
        pipeline, step = _example(stage, {"num-shards": 4} if stage.parallel == "shards" else {})
        found[f"jobs/{stage.slug}.yaml"] = _documents(step_objects(pipeline, step, STORE, SITE))
    return found


def _argo(pipelines: dict[str, Path]) -> dict[str, str]:
    return {f"argo/{name}.yaml": text(workflow_template(read_pipeline(path), SITE)) for name, path in pipelines.items()}


def _gangs() -> dict[str, str]:
    """Each stage that may run on several nodes, on two, in each of the three ways."""
    found = {}
    for stage in (entry.stage for entry in installed().values() if entry.stage.gang):
        pipeline, step = _example(stage, {})
        for by in ("job", "jobset", "trainjob"):
            site = msgspec.structs.replace(SITE, stages={stage.slug: StagePlace(nodes=2)}, gang=Gang(by))
            made = _documents(step_objects(pipeline, step, STORE, site))
            found[f"multinode/{stage.slug}-{by}.yaml"] = made
    return found


def _chart(root: Path, pipelines: dict[str, Path]) -> dict[str, str]:
    found = {
        "files/stages.yaml": WRITTEN
        + text({entry.stage.slug: contract(entry.stage) for entry in installed().values()}),
        "files/site.schema.json": json.dumps(site_schema(), indent=1) + "\n",
    }
    for name, path in pipelines.items():
        found[f"files/pipelines/{name}.yaml"] = path.read_text(encoding="utf-8")
        found[f"files/steps/{name}.yaml"] = WRITTEN + text(steps(read_pipeline(path)))
    return found | chart.rendered(root / CHART, [entry.stage for entry in installed().values()])


def contract(stage: Stage) -> dict[str, Any]:
    """What the chart knows of a stage."""
    asked = stage.resources
    return {
        "name": stage.name,
        "words": stage.command.split()[1:],
        "image": stage.image,
        "place": {
            "cpu": asked.cpu, "memory": asked.memory, "gpu": asked.gpu, "disk": asked.disk,
            "parallelism": PARALLELISM, "nodes": 1, "retries": RETRIES,
            **({"sharedMemory": asked.shared_memory} if asked.shared_memory else {}),
        },
        "parts": stage.parallel == "shards",
        "gang": stage.gang,
        "modelCache": stage.model_cache,
        "graceSeconds": stage.grace_s,
        "credentials": list(stage.credentials),
    }  # fmt: skip


def steps(pipeline: Pipeline) -> dict[str, Any]:
    """What the chart knows of a pipeline: the words of each step, with a mark where the store stands."""
    return {
        "name": pipeline.name,
        "steps": [
            {
                "name": step.name,
                "stage": step.installed.stage.slug,
                "arguments": step.arguments(PLACE, *((f"--{PARTS}", str(step.parts)) if step.parts > 1 else ())),
                "parts": step.parts,
                "after": sorted(step.earlier),
            }
            for step in pipeline.steps
        ],
    }
