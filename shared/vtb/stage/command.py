"""A stage: one click command that reads artifacts of declared kinds and writes one artifact of a declared kind.

The declaration (``vtb.stage.declaration.Stage``) and the click options are the only place where a stage's contract is
written.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import click

from vtb import log as vtb_log
from vtb.stage.declaration import Stage, StageCommand
from vtb.stage.describe import describe, env_prefix
from vtb.stage.options import VtbOption, common_options, place_options
from vtb.stage.run import Run
from vtb.stage.sharding import ShardRange


def stage_command(stage: Stage, **settings: Any) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a click command of a function ``body(run, **own_options)``; adds the options every stage has."""

    def decorate(body: Callable[..., Any]) -> click.Command:
        @functools.wraps(body)
        def call(**values: Any) -> Any:
            vtb_log.configure(values.pop("log_format"), values.pop("log_level"))
            return body(_run_of(stage, values), **values)

        words = stage.command.split()
        context = {
            "auto_envvar_prefix": env_prefix(stage.command),
            "max_content_width": 100,
            "help_option_names": ["-h", "--help"],
        }
        own = settings.pop("params", [])
        command = click.command(words[-1], cls=StageCommand, context_settings=context, **settings)(call)
        assert isinstance(command, StageCommand)
        command.stage = stage
        contract = functools.partial(_contract, command)
        arguments = [click.Argument(["out"], required=False)] if stage.output_argument else []
        command.params[:] = [*arguments, *place_options(stage), *own, *command.params, *common_options(stage, contract)]
        return command

    return decorate


def _contract(command: StageCommand) -> str:
    return json.dumps(describe(command), indent=1)


def _run_of(stage: Stage, values: dict[str, Any]) -> Run:
    """Take the common options out of click's values; what is left belongs to the stage."""
    context = click.get_current_context()
    inputs = values.pop("input", ())
    run = Run(
        stage=stage,
        inputs=inputs if isinstance(inputs, tuple) else (inputs,),
        output_uri=_output_of(values),
        seed=values.pop("seed"),
        workers=values.pop("workers"),
        part=_part_of(values.pop("num_shards", 1), values.pop("shard_index", None)),
        overwrite=values.pop("overwrite"),
        dry_run=values.pop("dry_run"),
        config={},
    )
    if run.overwrite and not run.part.whole:
        raise click.UsageError("--overwrite cannot go with --num-shards: one part would delete what another has made")
    recorded = {
        option.name
        for option in context.command.params
        if not (isinstance(option, VtbOption) and not option.affects_output)
    }
    run.config = {name: value for name, value in values.items() if name in recorded}
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
    output = values.pop("output") or values.pop("out", None)
    values.pop("out", None)
    if output is None:
        raise click.UsageError("say where to write: give OUT or --output")
    return str(output)
