"""Names and labels of the objects of a step: told by what it does, so that the same step finds the object it has."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from vtb.pipeline.step import Step

# Pods of an Indexed Job are called <job>-<index>, those of a JobSet <jobset>-node-0-<index>: with six digits of index
# both stay within the 63 characters of a host name.
LONGEST = 45
HASH = 10
PREFIX = "vtb-train/"
RELEASE = "app.kubernetes.io/instance"
PIPELINE, STEP = PREFIX + "pipeline", PREFIX + "step"
OUTPUT = PREFIX + "output"
COMPONENT, MANAGED_BY = "app.kubernetes.io/component", "app.kubernetes.io/managed-by"
NAME = {"app.kubernetes.io/name": "vtb-train"}
MANAGED = {**NAME, MANAGED_BY: "vtb-train"}
QUEUE = "kueue.x-k8s.io/queue-name"


def object_name(release: str, step: str, spec: Mapping[str, Any]) -> str:
    """Release, step, and a hash of what the object does: the same step gets the same name, a changed one another."""
    text = json.dumps(spec, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()[:HASH]
    return f"{short(f'{release}-{step}', LONGEST - HASH - 1)}-{digest}"


def short(name: str, length: int) -> str:
    """A name cut to a length that still ends in a letter or digit."""
    return name[:length].rstrip("-.")


def labels(release: str, pipeline: str, step: Step) -> dict[str, str]:
    """What finds the objects of a step."""
    return {
        **MANAGED,
        RELEASE: release,
        COMPONENT: step.installed.stage.slug,
        PIPELINE: label_value(pipeline),
        STEP: step.name,
    }


def label_value(text: str) -> str:
    """A text as the value of a label: what is not allowed there becomes a dash."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:63].strip("-._")


def selector(release: str, pipeline: str | None = None, step: str | None = None) -> str:
    """The selector of the objects of a release, of one of its pipelines, or of one of their steps."""
    wanted = {**MANAGED, RELEASE: release, **_of_pipeline(pipeline)}
    if step is not None:
        wanted[STEP] = step
    return _equal(wanted)


def release_selector(release: str, pipeline: str | None = None) -> str:
    """The selector of launchers, whoever made them, and of all that they have made: they name their pipeline."""
    return f"{_equal({**NAME, RELEASE: release, **_of_pipeline(pipeline)})},{PIPELINE}"


def launcher_selector(release: str, pipeline: str | None = None) -> str:
    """The selector of the launchers in the cluster."""
    return _equal({**NAME, RELEASE: release, COMPONENT: "launcher", **_of_pipeline(pipeline)})


def _of_pipeline(pipeline: str | None) -> dict[str, str]:
    return {} if pipeline is None else {PIPELINE: label_value(pipeline)}


def _equal(wanted: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in wanted.items())
