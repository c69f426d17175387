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
      - name: adapter
        stage: train-vlm sft
        inputs: {input: s3://bucket/data/set, model: tiny}
        options: {engine-args: [--warmup_ratio, 0.05]}

An input is an earlier step, or an artifact elsewhere: a URI with its scheme, or an absolute path. ``engine-args`` is
what would stand after ``--``. ``num-shards`` says into how many parts a cluster may split a step; elsewhere one
process does them all. The same file runs on every launcher; each step writes to ``<store>/<step name>``.
"""

from __future__ import annotations

import os
import re
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vtb.did_you_mean import did_you_mean
from vtb.errors import BadInput, UsageProblem
from vtb.stage.config_file import UnreadableYaml, load_yaml, parse_yaml
from vtb.stage.describe import describe
from vtb.stage.registry import Installed, find_stage
from vtb.store import join_uri

_NAME = re.compile(r"^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$")  # as Kubernetes names objects
_KEYS = {"name", "stage", "options", "inputs"}
_OURS = {"input", "output"}
_NOT_HERE = {"describe", "version", "help", "dry-run"}
_INDEX = "shard-index"
ENGINE_ARGS = "engine-args"
PARTS = "num-shards"
MOST_PARTS = 100_000  # as many indexes as an Indexed Job may have with retries for each


@dataclass(frozen=True)
class Step:
    """One step: ``inputs`` maps an option (``input``, ``model``) to the steps or places whose artifacts it takes."""

    name: str
    stage: str
    options: Mapping[str, Any]
    inputs: Mapping[str, tuple[str, ...]]

    @property
    def installed(self) -> Installed:
        """The stage behind it, as its options make it."""
        return find_stage(self.stage).with_options(self.options)

    @property
    def parts(self) -> int:
        """How many pods may share the work, where there is a cluster."""
        return int(self.options.get(PARTS, 1))

    @property
    def earlier(self) -> frozenset[str]:
        """The steps whose artifacts it reads."""
        return frozenset(name for sources in self.inputs.values() for name in sources if not is_place(name))

    def arguments(self, store: str, *more: str) -> list[str]:
        """The command line after the program: subcommand, inputs, output, options, more options, engine arguments."""
        words = list(self.installed.words)
        for option, sources in self.inputs.items():
            for source in sources:
                words += [f"--{option}", source if is_place(source) else join_uri(store, source)]
        words += ["--output", join_uri(store, self.name), *_option_words(self), *more]
        engine = _as_list(self.options.get(ENGINE_ARGS, []))
        return [*words, "--", *map(_word, engine)] if engine else words

    @property
    def places(self) -> list[tuple[str, str]]:
        """The artifacts that it reads and no step makes, with the option for each."""
        found = [(option, source) for option, sources in self.inputs.items() for source in sources if is_place(source)]
        takes = self.installed.artifact_options
        given = {option: value for option, value in self.options.items() if option in takes}
        return found + [(option, str(place)) for option, value in given.items() for place in _as_list(value)]


@dataclass(frozen=True)
class Pipeline:
    """Steps in an order in which each comes after those it reads from."""

    name: str
    steps: tuple[Step, ...]


def is_place(source: str) -> bool:
    """Whether a source is an artifact somewhere, not the name of a step."""
    return "://" in source or source.startswith("/")


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


def check(pipeline: Pipeline) -> None:
    """Refuse what would fail only after hours: unknown stages, options, steps, and kinds that do not fit."""
    writes: dict[str, tuple[str, ...]] = {}
    for step in pipeline.steps:
        if step.name in writes:
            raise UsageProblem(f"two steps are called {step.name!r}")
        options = _options_of(step)
        for name, value in step.options.items():
            _check_option(step, name, value, options)
        _check_required(step, options)
        for option, sources in step.inputs.items():
            for source in sources:
                _check_source(step, option, source, options, writes)
        writes[step.name] = _writes(step, options)


def _writes(step: Step, options: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """The kind that a step writes; all that its stage may write where an option outside this file decides."""
    stage = step.installed.stage
    if stage.kind_option is None:
        return stage.writes
    name, kinds = stage.kind_option
    value = step.options.get(name, options[name].get("default"))
    decided = options[name]["x-env"] not in os.environ and "config" not in step.options
    return (kinds[str(value)],) if decided and str(value) in kinds else stage.writes


def _options_of(step: Step) -> dict[str, dict[str, Any]]:
    """What the stage of a step declares, by the names that pipelines use."""
    try:
        options = describe(step.installed.command)["options"]["properties"]
    except UsageProblem as error:
        raise UsageProblem(f"step {step.name!r}: {error}") from error
    found = {name.replace("_", "-"): option for name, option in options.items()}
    if any(parameter.name == "engine_args" for parameter in step.installed.command.params):
        found[ENGINE_ARGS] = {"type": "array"}
    return found


def _check_option(step: Step, name: str, value: Any, options: Mapping[str, Mapping[str, Any]]) -> None:
    where = f"step {step.name!r}: {name}"
    if name in _OURS:
        raise UsageProblem(f"{where} is set by the launcher: use inputs")
    if name == _INDEX:
        raise UsageProblem(f"{where} cannot be set for a step: a cluster gives each pod its own")
    if name == PARTS and not (type(value) is int and 1 <= value <= MOST_PARTS):
        raise UsageProblem(f"{where} is {reprlib.repr(value)}: give a whole number from 1 to {MOST_PARTS}")
    if name in _NOT_HERE:
        raise UsageProblem(f"{where} cannot be set for a step: it prints something and makes nothing")
    if name not in options:
        raise UsageProblem(f"step {step.name!r}: {step.stage} has no option {name!r}{did_you_mean(name, options)}")
    if name in step.inputs:
        raise UsageProblem(f"{where} is given twice, by options and by inputs")
    if (options[name]["type"] == "boolean") is not isinstance(value, bool):
        raise UsageProblem(
            f"{where} is {reprlib.repr(value)}: a flag takes true or false, any other option a value (quote it)"
        )
    if isinstance(value, list) and options[name]["type"] != "array":
        raise UsageProblem(f"{where} takes one value, not a list")
    if any(entry is None or isinstance(entry, (dict, list)) for entry in _as_list(value)):
        raise UsageProblem(f"{where} is {reprlib.repr(value)}, neither a value nor a list of values")


def _check_required(step: Step, options: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse a step that lacks what its stage cannot do without, unless the environment or a config file has it."""
    given = {*step.options, *(name for name, sources in step.inputs.items() if sources), "output"}
    for name in _required(step):
        if name not in given and options[name]["x-env"] not in os.environ and "config" not in given:
            raise UsageProblem(f"step {step.name!r}: {step.stage} needs {name}")


def _required(step: Step) -> list[str]:
    return [name.replace("_", "-") for name in describe(step.installed.command)["options"]["required"]]


def _check_source(
    step: Step, option: str, source: str, options: Mapping[str, Mapping[str, Any]], writes: Mapping[str, Sequence[str]]
) -> None:
    takes = step.installed.artifact_options.get(option)
    if not takes:
        raise UsageProblem(f"step {step.name!r}: {step.stage} takes no artifact with {option!r}")
    if len(step.inputs[option]) > 1 and options[option]["type"] != "array":
        raise UsageProblem(f"step {step.name!r}: {option} takes one artifact, not {len(step.inputs[option])}")
    if is_place(source):
        return  # what lies there is looked at before the first step starts
    if source not in writes:
        hint = did_you_mean(source, writes)
        raise UsageProblem(f"step {step.name!r}: reads {source!r}, but no earlier step has that name{hint}")
    if not set(takes) & set(writes[source]):
        what = " or ".join(writes[source])
        raise UsageProblem(f"step {step.name!r}: {option} takes {' or '.join(takes)}, but {source!r} writes {what}")


def _option_words(step: Step) -> list[str]:
    """Flags of a step, without engine arguments: true and false become the flag and its opposite, a list repeats it."""
    options = _options_of(step)
    words: list[str] = []
    for name, value in step.options.items():
        if name in (ENGINE_ARGS, PARTS):
            continue
        if value is True:
            words.append(f"--{name}")
        elif value is False:
            opposite = options[name]["x-flag"].partition("/")[2]
            words += [opposite] if opposite else []
        else:
            for entry in _as_list(value):
                words += [f"--{name}", str(entry)]
    return words


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def with_settings(pipeline: Pipeline, settings: Sequence[str]) -> Pipeline:
    """The pipeline with ``[STEP.]OPTION=VALUE`` applied; without a step, to every step that has the option.

    A value for an option that a step would get from another step (``model``) replaces that input.
    """
    for setting in settings:
        target, equals, value = setting.partition("=")
        step_name, _, option = target.rpartition(".")
        if not equals or not option:
            raise UsageProblem(f"--set {setting}: write [STEP.]OPTION=VALUE, for example --set mazes.count=500")
        option = option.replace("_", "-")
        meant = [step for step in pipeline.steps if step_name in ("", step.name) and _can_set(step, option)]
        if not meant:
            raise UsageProblem(f"--set {setting}: {_nobody(pipeline, step_name, option)}")
        try:
            parsed = parse_yaml(value)
        except UnreadableYaml:
            raise UsageProblem(f"--set {setting}: {value!r} is not YAML: put quotes around it") from None
        steps = [_set(step, option, parsed) if step in meant else step for step in pipeline.steps]
        pipeline = replace(pipeline, steps=tuple(steps))
    check(pipeline)
    return pipeline


def _nobody(pipeline: Pipeline, step_name: str, option: str) -> str:
    """Why a setting is for no step."""
    steps = {step.name: step for step in pipeline.steps}
    if step_name and step_name not in steps:
        return f"no step is called {step_name!r}{did_you_mean(step_name, steps) or f': choose of {_listed(steps)}'}"
    meant = [steps[step_name]] if step_name else pipeline.steps
    known = {name for step in meant for name in _options_of(step)} - _OURS
    return f"no step{' ' + step_name if step_name else ''} has option {option!r}{did_you_mean(option, known)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _can_set(step: Step, option: str) -> bool:
    return option in _options_of(step) and option not in _OURS


def _set(step: Step, option: str, value: Any) -> Step:
    inputs = {name: sources for name, sources in step.inputs.items() if name != option}
    return replace(step, options={**step.options, option: value}, inputs=inputs)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
