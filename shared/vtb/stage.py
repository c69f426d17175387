"""A stage: one click command that reads artifacts of declared kinds and writes one artifact of a declared kind.

The declaration and the click options are the only place where a stage's contract is written. Manifests, chart values
and the tables in the READMEs are rendered from ``describe``.
"""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import click

import vtb
from vtb import log as vtb_log
from vtb.artifact import InputEntry, Manifest, Plan, read_manifest
from vtb.artifact.output import Output, State
from vtb.options import VtbOption, common_options, place_options
from vtb.sharding import ShardRange
from vtb.store import open_store

log = logging.getLogger("vtb.stage")


@dataclass(frozen=True)
class Resources:
    """What one pod of the stage asks for by default; a site overrides it in the chart."""

    cpu: str = "1"
    memory: str = "2Gi"
    gpu: int = 0


@dataclass(frozen=True)
class Stage:
    """The contract of one command.

    Attributes:
        command: the words a user types, for example ``vtb-prepare vlm``.
        summary: one sentence.
        version: raised when the same inputs and options give other bytes than before.
        image: the image that holds the command, without the registry.
        reads: kinds of artifacts it takes with ``--input``; empty for a generator.
        writes: kind of the artifact it writes; further kinds when an option decides which.
        many_inputs: whether ``--input`` may be repeated.
        artifact_options: further options that take an artifact, with its kinds (``--model``: checkpoint).
        parallel: ``shards`` when pods may share one output by index, ``single`` when one process does it all.
        resources: the default request of one pod.
        output_argument: whether the output may also be given as an argument, without ``--output``.
    """

    command: str
    summary: str
    version: int
    image: str
    writes: tuple[str, ...]
    reads: tuple[str, ...] = ()
    many_inputs: bool = False
    artifact_options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parallel: Literal["shards", "single"] = "single"
    resources: Resources = Resources()
    output_argument: bool = False

    @property
    def name(self) -> str:
        """The name in pipelines: the command without its ``vtb-``."""
        return self.command.removeprefix("vtb-")

    @property
    def slug(self) -> str:
        """The name where no spaces are allowed: file names, Kubernetes objects."""
        return self.name.replace(" ", "-")


@dataclass
class Run:
    """One call of a stage: what the common options said."""

    stage: Stage
    inputs: tuple[str, ...]
    output_uri: str
    seed: int
    workers: int
    part: ShardRange
    overwrite: bool
    dry_run: bool
    config: dict[str, Any]

    def plan(self, inputs: Sequence[InputEntry] | None = None, kind: str | None = None) -> Plan:
        """What this run makes, with the content of its inputs pinned (by default those of ``--input``)."""
        if inputs is None:
            inputs = [input_entry(uri, self.stage.reads) for uri in self.inputs]
        config = {"seed": self.seed, **self.config}
        # as it will be read back; JSON has no infinities (an open end of a range), so they become words
        config = json.loads(json.dumps(config), parse_constant=str)
        return Plan(kind or self.stage.writes[0], self.stage.command, self.stage.version, config, tuple(inputs))

    def begin(self, plan: Plan) -> Output | None:
        """The output to write to, or None when the work is already done (which it says)."""
        output = Output(self.output_uri, plan)
        if output.begin(overwrite=self.overwrite, alone=self.part.whole) is State.COMPLETE:
            manifest = read_manifest(output.uri)
            log.info("already complete: %s (%d rows, digest %.12s)", output.uri, manifest.rows, manifest.digest)
            click.echo(output.uri)
            return None
        return output

    def say_plan(self, plan: Plan, what: str, part: range | None = None) -> None:
        """The answer to ``--dry-run``: what would be read and written, and what lies at the output now."""
        output = Output(self.output_uri, plan)
        state = State.FRESH if self.overwrite else output.state()
        for entry in plan.inputs:
            click.echo(f"read   {entry.uri} ({entry.kind}, digest {entry.digest:.12})")
        click.echo(f"write  {output.uri} ({plan.kind}): {what}")
        if part is not None and not self.part.whole:
            click.echo(f"part   {self.part.index} of {self.part.count}: shards {part.start} to {part.stop - 1}")
        click.echo(f"state  {state.value}; configuration {plan.fingerprint:.12}; nothing was written (dry run)")

    def say_done(self, output: Output, manifest: Manifest) -> None:
        """The last word of a run: the place on standard output, for scripts; the rest is a log line."""
        seconds = manifest.run["duration_s"]
        log.info("complete: %d rows in %.1f s, digest %.12s", manifest.rows, seconds, manifest.digest)
        click.echo(output.uri)


def input_entry(uri: str, kinds: tuple[str, ...]) -> InputEntry:
    """One input as the manifest records it."""
    manifest = read_manifest(uri, kinds)
    return InputEntry(open_store(uri).uri, manifest.plan.kind, manifest.digest)


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


class StageCommand(click.Command):
    """A click command that knows its stage."""

    stage: Stage


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
        part=ShardRange(values.pop("num_shards", 1), values.pop("shard_index", 0)),
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


def _output_of(values: dict[str, Any]) -> str:
    """``--output``, or the argument that a helper command takes instead."""
    output = values.pop("output") or values.pop("out", None)
    values.pop("out", None)
    if output is None:
        raise click.UsageError("say where to write: give OUT or --output")
    return str(output)


def env_prefix(command: str) -> str:
    """``vtb-prepare vlm`` reads ``VTB_PREPARE_VLM_...``."""
    return command.upper().replace("-", "_").replace(" ", "_")


def describe(command: StageCommand) -> dict[str, Any]:
    """The whole contract of a stage as plain data: what ``--describe`` prints and everything is rendered from."""
    stage = command.stage
    prefix = env_prefix(stage.command)
    options = [_describe_option(option, prefix) for option in command.params if isinstance(option, click.Option)]
    return {
        **asdict(stage),
        "name": stage.name,
        "vtb": vtb.__version__,
        "options": [option for option in options if option is not None],
    }


def _describe_option(option: click.Option, prefix: str) -> dict[str, Any] | None:
    if option.hidden:
        return None
    default = option.get_default(click.Context(click.Command("none")), call=False)
    return {
        "flag": option.opts[0] + (f"/{option.secondary_opts[0]}" if option.secondary_opts else ""),
        "name": option.name,
        "env": f"{prefix}_{(option.name or '').upper()}",
        "type": _type_name(option),
        **_bounds(option),
        "default": option.show_default if isinstance(option.show_default, str) else _plain(default),
        "repeatable": option.multiple,
        "required": option.required,
        "help": option.help or "",
    }


def _type_name(option: click.Option) -> str:
    if option.is_flag:
        return "flag"
    if isinstance(option.type, click.Choice):
        return "|".join(str(choice) for choice in option.type.choices)
    return option.type.name.removesuffix(" range")


def _bounds(option: click.Option) -> dict[str, float]:
    """The least and the largest value, where there are any."""
    if not isinstance(option.type, (click.IntRange, click.FloatRange)):
        return {}
    bounds = {"min": option.type.min, "max": option.type.max}
    return {name: bound for name, bound in bounds.items() if bound is not None and bound < 2**63 - 1}


def _plain(value: object) -> object:
    """A default that JSON can hold; click's own marks for "none" become None."""
    return value if isinstance(value, (str, int, float, bool, tuple, list)) else None
