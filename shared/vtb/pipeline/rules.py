"""What a pipeline must be, checked against the contracts of its stages."""

from __future__ import annotations

import os
import reprlib
from collections.abc import Mapping, Sequence
from typing import Any

from vtb.did_you_mean import did_you_mean
from vtb.errors import UsageProblem
from vtb.pipeline.step import PARTS, Pipeline, Step, as_list, is_place, options_of
from vtb.stage.describe import describe

OURS = {"input", "output"}
_NOT_HERE = {"describe", "version", "help", "dry-run"}
_INDEX = "shard-index"
MOST_PARTS = 100_000  # as many indexes as an Indexed Job may have with retries for each


def check(pipeline: Pipeline) -> None:
    """Refuse what would fail only after hours: unknown stages, options, steps, and kinds that do not fit."""
    writes: dict[str, tuple[str, ...]] = {}
    for step in pipeline.steps:
        if step.name in writes:
            raise UsageProblem(f"two steps are called {step.name!r}")
        options = options_of(step)
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


def _check_option(step: Step, name: str, value: Any, options: Mapping[str, Mapping[str, Any]]) -> None:
    where = f"step {step.name!r}: {name}"
    if name in OURS:
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
    if any(entry is None or isinstance(entry, (dict, list)) for entry in as_list(value)):
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
