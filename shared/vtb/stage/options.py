"""Click options: what all of ours know of themselves, and those that every stage has."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import click

import vtb
from vtb import log as vtb_log
from vtb.stage.config_option import read_config
from vtb.stage.declaration import Stage
from vtb.stage.option_types import OneOf, Whole
from vtb.stage.sharding import cpus

# Headings of the help for the options that every stage has.
PLACES, WORK, LOGS = "Input and output", "How the work is done", "Configuration and logs"


class VtbOption(click.Option):
    """An option that shows its environment variable and default in the help.

    ``affects_output=False`` marks an option that changes how the work is done but not one byte of what is made; such
    an option is left out of the manifest, and changing it continues a run instead of contradicting it.
    """

    def __init__(
        self, *args: Any, affects_output: bool = True, group: str = "Options", secret: bool = False,
        artifact: Sequence[str] = (), **kwargs: Any,
    ) -> None:  # fmt: skip
        """As click's, and besides.

        Args:
            *args: as click's.
            affects_output: see above.
            group: the heading under which the help shows it.
            secret: whether its value is nobody's business.
            artifact: the kinds of artifact that it takes.
            **kwargs: as click's.
        """
        kwargs.setdefault("show_envvar", True)
        kwargs.setdefault("show_default", True)
        super().__init__(*args, **kwargs)
        self.affects_output, self.group, self.secret, self.artifact = affects_output, group, secret, tuple(artifact)


class OneInput(VtbOption):
    """An option that is refused when it is given twice: the last would win, and the others be passed over."""

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """The parser keeps every value, not the last."""
        self.multiple = True
        super().add_to_parser(parser, ctx)
        self.multiple = False

    def consume_value(self, ctx: click.Context, opts: Any) -> Any:
        """The one value."""
        value, source = super().consume_value(ctx, opts)
        if not isinstance(value, list):
            return value, source
        if len(value) > 1:
            raise click.UsageError(f"{self.opts[0]}: is given twice, and this stage reads one")
        return value[0], source


def common_options(stage: Stage, describe: Callable[[], str]) -> list[click.Option]:
    """The options of every stage that stand after its own in the help."""
    return [*_work_options(stage), *log_options(), *word_options(describe)]


def place_options(stage: Stage) -> list[click.Option]:
    """Where a stage reads and writes; these stand first in the help."""
    kinds = " or ".join(stage.writes)
    output = VtbOption(
        ["--output", "-o"], required=not stage.output_argument, metavar="URI", affects_output=False,
        show_default=False, group=PLACES, help=f"Where to write the {kinds} artifact: a folder, file:///path or s3://bucket/prefix.",
    )  # fmt: skip
    if not stage.reads:
        return [output]
    many = " May be repeated." if stage.many_inputs else ""
    read = (VtbOption if stage.many_inputs else OneInput)(
        ["--input", "-i"], required=stage.needs_input, multiple=stage.many_inputs, metavar="URI", affects_output=False,
        show_default=False, group=PLACES, artifact=stage.reads,
        help=f"The {' or '.join(stage.reads)} artifact to read.{many}",
    )  # fmt: skip
    return [read, output]


def _work_options(stage: Stage) -> list[click.Option]:
    options = [
        VtbOption(["--seed"], group=WORK, type=Whole(0, 2**63 - 1), default=42,
                  help="Seed of everything random."),
        VtbOption(
            ["--workers"], group=WORK, type=Whole(1), default=cpus, show_default="CPUs of this machine",
            affects_output=False, help="Processes to work with. Changes the speed, never the result.",
        ),
        VtbOption(
            ["--overwrite"], group=WORK, is_flag=True, affects_output=False,
            help="Replace the artifact at the output. Without it a rerun continues or finds all done.",
        ),
        VtbOption(
            ["--dry-run"], group=WORK, is_flag=True, affects_output=False,
            help="Say what would be read and written, check it, write nothing.",
        ),
    ]  # fmt: skip
    return options[:2] + (_shard_options() if stage.parallel == "shards" else []) + options[2:]


def _shard_options() -> list[click.Option]:
    return [
        VtbOption(
            ["--num-shards"], group=WORK, type=Whole(1), default=1, affects_output=False,
            help="In how many parts the work is split among calls that write the same output.",
        ),
        VtbOption(
            ["--shard-index"], group=WORK, type=Whole(0), default=_job_index,
            show_default="$JOB_COMPLETION_INDEX", affects_output=False,
            help="Which part this call does, from 0; needed with --num-shards.",
        ),
    ]  # fmt: skip


def _job_index() -> int | None:
    value = os.environ.get("JOB_COMPLETION_INDEX")
    if value is None:
        return None
    if not (value.isdecimal() and len(value) <= 9):
        raise click.UsageError(f"JOB_COMPLETION_INDEX is {value!r}, not a number: unset it or give --shard-index")
    return int(value)


def log_options() -> list[click.Option]:
    """Which lines are logged, and the file of option values."""
    return [
        VtbOption(
            ["--log-format"], group=LOGS, type=OneOf(vtb_log.FORMATS), default="text", affects_output=False,
            help="Form of the log lines on standard error.",
        ),
        VtbOption(
            ["--log-level"], group=LOGS, type=OneOf(vtb_log.LEVELS), default="info", affects_output=False,
            help="The least important log lines to show.",
        ),
        VtbOption(
            ["--config"], group=LOGS, callback=read_config, is_eager=True, expose_value=False, metavar="FILE",
            affects_output=False, help="YAML file of option values; flags and environment variables win over it.",
        ),
    ]  # fmt: skip


def word_options(describe: Callable[[], str]) -> list[click.Option]:
    """Options that print something and leave."""
    return [
        _printing("--describe", describe, "Print the stage's contract as JSON and leave."),
        _printing("--version", _version, "Print the version and leave."),
    ]


def _printing(flag: str, text: Callable[[], str], help_text: str) -> click.Option:
    def show(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            click.echo(text())
            ctx.exit()

    return VtbOption(
        [flag], is_flag=True, is_eager=True, expose_value=False, callback=show, help=help_text, group=LOGS,
        show_envvar=False, show_default=False, affects_output=False,
    )  # fmt: skip


def _version() -> str:
    parts = [f"vtb-train {vtb.__version__}"]
    parts += [f"commit {os.environ['VTB_REVISION']}"] if os.environ.get("VTB_REVISION") else []
    parts += [f"image {os.environ['VTB_IMAGE_DIGEST']}"] if os.environ.get("VTB_IMAGE_DIGEST") else []
    return ", ".join(parts)
