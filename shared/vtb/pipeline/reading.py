"""From a file to a pipeline."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vtb.errors import BadInput, UsageProblem
from vtb.pipeline.rules import check
from vtb.pipeline.step import Pipeline, Step
from vtb.stage.config_file import UnreadableYaml, load_yaml

_NAME = re.compile(r"^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$")  # as Kubernetes names objects
_KEYS = {"name", "stage", "options", "inputs"}


def read_pipeline(path: Path) -> Pipeline:
    """A pipeline from its file, checked against the stages.

    Raises:
        BadInput: not a pipeline, an unknown stage or option, or a step that reads what no earlier step writes.
    """
    try:
        data = load_yaml(path)
    except UnreadableYaml as error:
        raise BadInput(f"{path}: cannot be read as YAML: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("steps"), list) or not data["steps"]:
        raise BadInput(f"{path}: must have a name and a list of steps")
    try:
        pipeline = Pipeline(str(data.get("name", path.stem)), tuple(_step(entry) for entry in data["steps"]))
        check(pipeline)
    except UsageProblem as error:
        raise BadInput(f"{path}: {error}") from error
    return pipeline


def _step(entry: Any) -> Step:
    if not isinstance(entry, dict) or not {"name", "stage"} <= set(entry):
        raise UsageProblem(f"a step needs a name and a stage, this one has neither or one: {reprlib.repr(entry)}")
    name = entry["name"] if isinstance(entry["name"], str) else reprlib.repr(entry["name"])
    if not _NAME.fullmatch(name):
        raise UsageProblem(f"step {name!r}: a name has lower-case letters, digits and dashes only")
    unknown = set(entry) - _KEYS
    if unknown:
        raise UsageProblem(
            f"step {name!r}: unknown key {min(map(str, unknown))!r}, a step has {', '.join(sorted(_KEYS))}"
        )
    options = entry.get("options") or {}
    if not isinstance(options, dict):
        raise UsageProblem(f"step {name!r}: options must map names to values")
    return Step(
        name, str(entry["stage"]), {str(key).replace("_", "-"): options[key] for key in options}, _inputs(entry)
    )


def _inputs(entry: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """A list means ``--input``; a mapping names the options."""
    found = entry.get("inputs") or {}
    if isinstance(found, (str, list)):
        found = {"input": found}
    if not isinstance(found, dict):
        raise UsageProblem(f"step {entry['name']!r}: inputs must be names of steps, or map options to them")
    return {
        str(option): tuple(str(step) for step in (steps if isinstance(steps, list) else [steps]))
        for option, steps in found.items()
    }
