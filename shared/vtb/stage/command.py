"""A stage: one click command that reads artifacts of declared kinds and writes one artifact of a declared kind.

The declaration (``vtb.stage.declaration.Stage``) and the options (``vtb.stage.fields``) are the only place where a
stage's contract is written.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any

import click
from click.core import ParameterSource

from vtb import log as vtb_log
from vtb.stage.declaration import Stage, StageCommand
from vtb.stage.describe import describe, env_prefix
from vtb.stage.fields import StageOptions, build, options_of
from vtb.stage.options import common_options, place_options
from vtb.stage.run import Run
from vtb.stage.sharding import ShardRange
from vtb.stage.variables import warn_of_strangers
from vtb.stage.with_others import StageWithOthers

WIDEST_HELP = 160  # columns; narrower terminals are used as they are


def stage_command(
    stage: Stage, options: type[StageOptions] = StageOptions, others: Mapping[str, click.Command] | None = None
) -> Callable[[Callable[[Run, Any], Any]], StageCommand]:
    """Make a click command of a function ``body(run, options)``; adds the options every stage has.

    Args:
        stage: its declaration.
        options: its own options.
        others: further stages of the same program, by the word that stands for each.
    """

    def decorate(body: Callable[[Run, Any], Any]) -> StageCommand:
        @functools.wraps(body)
        def call(**values: Any) -> Any:
            vtb_log.configure(values["log_format"], values["log_level"])
            warn_of_strangers(click.get_current_context())
            return body(_run_of(stage, values), build(options, values, given(click.get_current_context())))

        context = {
            "auto_envvar_prefix": env_prefix(stage.command),
            "max_content_width": WIDEST_HELP,
            "help_option_names": ["-h", "--help"],
        }
        kind = StageCommand if others is None else StageWithOthers
        command = click.command(stage.command.split()[-1], cls=kind, context_settings=context)(call)
        command.stage, command.options = stage, options
        if isinstance(command, StageWithOthers):
            command.commands = others or {}
        contract = functools.partial(_contract, command)
        arguments = [click.Argument(["out"], required=False)] if stage.output_argument else []
        command.params[:] = [
            *arguments, *place_options(stage), *options_of(options), *common_options(stage, contract)
        ]  # fmt: skip
        return command

    return decorate


def _contract(command: StageCommand) -> str:
    return json.dumps(describe(command), indent=1)


def given(context: click.Context) -> frozenset[str]:
    """The names of the options that were given, wherever, and not left to their defaults."""
    return frozenset(
        name for name in context.params if context.get_parameter_source(name) is not ParameterSource.DEFAULT
    )


def _run_of(stage: Stage, values: dict[str, Any]) -> Run:
    """What the common options said."""
    inputs = values.get("input", ())
    run = Run(
        stage=stage,
        inputs=inputs if isinstance(inputs, tuple) else () if inputs is None else (inputs,),
        output_uri=_output_of(values),
        seed=values["seed"],
        workers=values["workers"],
        part=_part_of(values.get("num_shards", 1), values.get("shard_index")),
        overwrite=values["overwrite"],
        dry_run=values["dry_run"],
    )
    if run.overwrite and not run.part.whole:
        raise click.UsageError("--overwrite cannot go with --num-shards: one part would delete what another has made")
    return run


def _part_of(count: int, index: int | None) -> ShardRange:
    """The part of this call; which one must be said, since equal defaults would do one part often and others never."""
    if index is None and count > 1:
        raise click.UsageError(
            f"--num-shards {count}: say which part this call does with --shard-index 0 to {count - 1} "
            "(in an Indexed Job, JOB_COMPLETION_INDEX says it)"
        )
    return ShardRange(count, index or 0)


def _output_of(values: dict[str, Any]) -> str:
    """``--output``, or the argument that a helper command takes instead."""
    output = values["output"] or values.get("out")
    if output is None:
        raise click.UsageError("say where to write: give OUT or --output")
    return str(output)
