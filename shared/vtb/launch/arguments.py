"""A step's options as its stage takes them, told without running it: for launchers whose steps run elsewhere."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from vtb.artifact import find_manifest, read_manifest
from vtb.errors import UsageProblem, VtbError
from vtb.pipeline.step import Step
from vtb.stage.command import given
from vtb.stage.fields import StageOptions, build, recorded_config
from vtb.store import is_remote, join_uri, open_store

CONFIG = "config"  # a file that lies where the step runs


@dataclass(frozen=True)
class Parsed:
    """What the command line of a step says."""

    options: StageOptions
    seed: int


def parse(step: Step, store: str) -> Parsed:
    """Read the command line of a step as its stage does, with the stage's own checks.

    Files are not looked for: those that a step in a cluster names lie in its pod.

    Raises:
        UsageProblem: the stage would refuse it.
    """
    command = copy.copy(step.installed.command)
    command.params = [_without_file(param) for param in command.params]
    try:
        context = command.make_context(command.name, step.arguments(store)[len(step.installed.words) :])
        with context:
            values = context.params
            options = build(command.options, values, given(context))
    except click.ClickException as error:
        raise UsageProblem(error.format_message()) from error
    return Parsed(options, int(values["seed"]))


def _without_file(param: click.Parameter) -> click.Parameter:
    if not isinstance(param.type, click.Path):
        return param
    param = copy.copy(param)
    param.type = copy.copy(param.type)
    assert isinstance(param.type, click.Path)
    param.type.exists = False
    return param


def is_complete(step: Step, store: str) -> bool:
    """Whether the artifact of a step is there, made by these options from inputs that are still the same.

    What cannot be told from here (the content of a file, what a run decides by its machine) is left to the step, which
    says the same within seconds.
    """
    manifest = find_manifest(open_store(join_uri(store, step.name)))
    if manifest is None:
        return False
    stage, plan = step.installed.stage, manifest.plan
    if (plan.stage, plan.stage_version) != (stage.command, stage.version) or CONFIG in step.options:
        return False
    try:
        parsed = parse(step, store)
        wanted = recorded_config(parsed.seed, parsed.options)
        return _agree(wanted, plan.config) and _inputs_agree(step, store, [entry.digest for entry in plan.inputs])
    except (VtbError, OSError):
        return False


def _agree(wanted: Mapping[str, Any], made: Mapping[str, Any]) -> bool:
    """Whether options are those of a manifest; what was left to the run is what it has decided."""
    return wanted.keys() == made.keys() and all(value in (None, made[name]) for name, value in wanted.items())


def _inputs_agree(step: Step, store: str, digests: list[str]) -> bool:
    """Whether the artifacts that a step reads are those of a manifest; models that are folders cannot be seen."""
    places = [place for _, place in step.places]
    if not all(map(is_remote, places)):
        return False
    read = [join_uri(store, name) for name in step.earlier] + places
    return sorted(read_manifest(place).digest for place in read) == sorted(digests)


def try_step(step: Step, store: str) -> tuple[int, str]:
    """What can be said of a step's options without running it: an exit code and, where it is not 0, why."""
    if CONFIG in step.options:
        return 0, ""
    try:
        parse(step, store)
    except VtbError as error:
        return (0, "") if _names_a_file(step) else (error.exit_code, f": error: {error}")
    return 0, ""


def _names_a_file(step: Step) -> bool:
    """Whether an option names a file that is not here: what the stage says of it here is not what it says there."""
    files = [param for param in step.installed.command.params if isinstance(param.type, click.Path)]
    given = (step.options.get(str(param.name).replace("_", "-")) for param in files)
    return any(isinstance(value, str) and not os.path.exists(value) for value in given)
