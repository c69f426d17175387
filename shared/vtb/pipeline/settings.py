"""``--set``: options of steps, changed for one run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from vtb.did_you_mean import did_you_mean
from vtb.errors import UsageProblem
from vtb.pipeline.rules import OURS, check
from vtb.pipeline.step import Pipeline, Step, options_of
from vtb.stage.config_file import UnreadableYaml, parse_yaml


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
    known = {name for step in meant for name in options_of(step)} - OURS
    return f"no step{' ' + step_name if step_name else ''} has option {option!r}{did_you_mean(option, known)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _can_set(step: Step, option: str) -> bool:
    return option in options_of(step) and option not in OURS


def _set(step: Step, option: str, value: Any) -> Step:
    inputs = {name: sources for name, sources in step.inputs.items() if name != option}
    return replace(step, options={**step.options, option: value}, inputs=inputs)
