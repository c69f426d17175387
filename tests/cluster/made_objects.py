"""Every object that a launcher makes, made once for the tests that look at all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cluster.sites import LONG, ROOT, STORE, sites
from vtb.cluster.gang import step_objects
from vtb.cluster.launcher_job import launcher_objects
from vtb.pipeline.reading import read_pipeline
from vtb.pipeline.step import Pipeline, Step
from vtb.stage.registry import installed


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
    """The objects of every step at every site, and those of a launcher in the cluster."""
    made = [
        found for site in sites() for pipeline, step in steps() for found in step_objects(pipeline, step, STORE, site)
    ]
    made += [
        found for site in sites() for found in launcher_objects("name: x\n", "p" * 60, STORE, site, ["--set", "a=$(B)"])
    ]
    return made


OBJECTS = objects()
