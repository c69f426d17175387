"""Pipeline files: a list of steps, each a stage with its options and the steps it reads from.

::

    name: demo
    steps:
      - name: mazes
        stage: gen-maze
        options: {size: [7, 9], count: 100}
      - name: curated
        stage: curate
        inputs: [mazes]
      - name: answers
        stage: eval predict
        inputs: {input: curated, model: tiny, adapter: adapter}

The same file runs on every launcher; each step writes to ``<store>/<step name>``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from vtb.catalog import Installed, find_stage
from vtb.errors import BadInput, UsageProblem
from vtb.stage import describe
from vtb.store import join_uri

_NAME = re.compile(r"^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$")  # as Kubernetes names objects
_KEYS = {"name", "stage", "options", "inputs"}
_OURS = {"input", "output"}


@dataclass(frozen=True)
class Step:
    """One step: ``inputs`` maps an option (``input``, ``model``) to the steps whose outputs it takes."""

    name: str
    stage: str
    options: Mapping[str, Any]
    inputs: Mapping[str, tuple[str, ...]]

    @property
    def installed(self) -> Installed:
        """The stage behind it."""
        return find_stage(self.stage)

    def arguments(self, store: str) -> list[str]:
        """The command line after the program: subcommand, inputs, output, options."""
        words = list(self.installed.words)
        for option, steps in self.inputs.items():
            for step in steps:
                words += [f"--{option}", join_uri(store, step)]
        words += ["--output", join_uri(store, self.name)]
        return words + _option_words(self)


@dataclass(frozen=True)
class Pipeline:
    """Steps in an order in which each comes after those it reads from."""

    name: str
    steps: tuple[Step, ...]


def read_pipeline(path: Path) -> Pipeline:
    """A pipeline from its file, checked against the stages.

    Raises:
        BadInput: not a pipeline, an unknown stage or option, or a step that reads what no earlier step writes.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
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
        raise UsageProblem(f"a step needs a name and a stage, this one has neither or one: {entry!r}")
    name = str(entry["name"])
    if not _NAME.match(name):
        raise UsageProblem(f"step {name!r}: a name has lower-case letters, digits and dashes only")
    unknown = set(entry) - _KEYS
    if unknown:
        raise UsageProblem(f"step {name!r}: unknown key {sorted(unknown)[0]!r}, a step has {', '.join(sorted(_KEYS))}")
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


def check(pipeline: Pipeline) -> None:
    """Refuse what would fail only after hours: unknown stages, options, steps, and kinds that do not fit."""
    writes: dict[str, tuple[str, ...]] = {}
    for step in pipeline.steps:
        if step.name in writes:
            raise UsageProblem(f"two steps are called {step.name!r}")
        _check_options(step)
        for option, sources in step.inputs.items():
            for source in sources:
                _check_source(step, option, source, writes)
        writes[step.name] = step.installed.stage.writes


def _check_options(step: Step) -> None:
    known = {option["name"].replace("_", "-") for option in describe(step.installed.command)["options"]}
    for name in step.options:
        if name in _OURS:
            raise UsageProblem(f"step {step.name!r}: {name} is set by the launcher: use inputs")
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f": did you mean {close[0]}?" if close else ""
            raise UsageProblem(f"step {step.name!r}: {step.stage} has no option {name!r}{hint}")


def _check_source(step: Step, option: str, source: str, writes: Mapping[str, Sequence[str]]) -> None:
    stage = step.installed.stage
    takes = stage.reads if option == "input" else stage.artifact_options.get(option)
    if not takes:
        raise UsageProblem(f"step {step.name!r}: {step.stage} takes no artifact with {option!r}")
    if source not in writes:
        raise UsageProblem(f"step {step.name!r}: reads {source!r}, but no earlier step has that name")
    if not set(takes) & set(writes[source]):
        what = " or ".join(writes[source])
        raise UsageProblem(f"step {step.name!r}: {option} takes {' or '.join(takes)}, but {source!r} writes {what}")


def _option_words(step: Step) -> list[str]:
    """Flags of a step: true and false become the flag and its opposite, a list repeats it."""
    off = {option["name"].replace("_", "-"): option["flag"] for option in describe(step.installed.command)["options"]}
    words: list[str] = []
    for name, value in step.options.items():
        if value is True:
            words.append(f"--{name}")
        elif value is False:
            words += [off[name].partition("/")[2]] if "/" in off[name] else []
        else:
            for entry in value if isinstance(value, list) else [value]:
                words += [f"--{name}", str(entry)]
    return words


def with_settings(pipeline: Pipeline, settings: Sequence[str]) -> Pipeline:
    """The pipeline with ``[STEP.]OPTION=VALUE`` applied; without a step, to every step that has the option.

    A value for an option that a step would get from another step (``model``) replaces that input.
    """
    for setting in settings:
        target, equals, value = setting.partition("=")
        step_name, _, option = target.rpartition(".")
        if not equals or not option:
            raise UsageProblem(f"--set {setting}: write [STEP.]OPTION=VALUE, for example --set mazes.count=500")
        steps = [_set(step, option.replace("_", "-"), value, step_name) for step in pipeline.steps]
        if steps == list(pipeline.steps):
            raise UsageProblem(f"--set {setting}: no step{' ' + step_name if step_name else ''} has option {option!r}")
        pipeline = Pipeline(pipeline.name, tuple(steps))
    check(pipeline)
    return pipeline


def _set(step: Step, option: str, value: str, only: str) -> Step:
    known = {entry["name"].replace("_", "-") for entry in describe(step.installed.command)["options"]} - _OURS
    if option not in known or (only and only != step.name):
        return step
    inputs = {name: sources for name, sources in step.inputs.items() if name != option}
    return replace(step, options={**step.options, option: yaml.safe_load(value)}, inputs=inputs)
