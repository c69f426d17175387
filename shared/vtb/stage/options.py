"""Click options: the types a command line of ours needs, and the options every stage has."""

from __future__ import annotations

import math
import os
import reprlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

import vtb
from vtb import log as vtb_log
from vtb.did_you_mean import did_you_mean
from vtb.stage.declaration import Stage
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


class Whole(click.IntRange):
    """A whole number within bounds."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number."""
        try:
            int(value)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not a valid integer: write a whole number, for example 100", param, ctx)
        number: int = super().convert(value, param, ctx)
        return number


class OneOf(click.Choice[str]):
    """One of a few words; a word that is nearly one of them is recognized.

    Words that have to be looked for, in every benchmark's module for example, are looked for when they are needed.
    """

    def __init__(self, choices: Sequence[str] | Callable[[], Sequence[str]]) -> None:
        """The words, or what finds them."""
        super().__init__(() if callable(choices) else choices)
        self._find = choices if callable(choices) else None

    @property
    def choices(self) -> tuple[str, ...]:
        """The words."""
        if self._find is not None:
            self._words, self._find = tuple(self._find()), None
        return self._words

    @choices.setter
    def choices(self, words: Sequence[str]) -> None:
        self._words = tuple(words)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            self.fail(f"{error.message.rstrip('.')}{did_you_mean(str(value), self.choices)}", param, ctx)


class Finite(click.FloatRange):
    """A number within bounds; not-a-number and infinity pass every comparison or none, so they are refused."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        try:
            float(value)
        except ValueError:
            self.fail(f"{value!r} is not a number: write for example 0.5", param, ctx)
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return number


class SizeType(click.ParamType):  # type: ignore[type-arg]  # generic for the type checker only
    """``WxH`` in pixels, kept as a pair."""

    name = "WxH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """``480x832`` to ``(480, 832)``."""
        parts = value if isinstance(value, (tuple, list)) else str(value).lower().split("x")
        if len(parts) != 2 or not all(str(part).isdecimal() and len(str(part)) < 7 for part in parts):
            self.fail(f"{reprlib.repr(value)} is not a size: write width x height, for example 480x480", param, ctx)
        return int(parts[0]), int(parts[1])


class RangeType(click.ParamType):  # type: ignore[type-arg]
    """``FIELD=LOW..HIGH`` where either end may be missing."""

    name = "FIELD=LOW..HIGH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float, float]:
        """``path_length=10..40`` to ``("path_length", 10.0, 40.0)``."""
        if isinstance(value, tuple):
            return value  # as this method has made it before
        field, _, span = str(value).partition("=")
        low, dots, high = span.partition("..")
        try:
            if not (field and dots):
                raise ValueError
            ends = float(low or "-inf"), float(high or "inf")
        except ValueError:
            self.fail(f"{value!r} is not a range: write for example path_length=10..40", param, ctx)
        if not ends[0] <= ends[1]:
            self.fail(f"{value!r} holds no number: the lower end comes first", param, ctx)
        return field, *ends


def read_config(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    """Take defaults from a YAML file: they rank below flags and environment variables."""
    if value is None:
        return
    from vtb.stage.config_file import UnreadableYaml, load_yaml  # only where there is such a file

    try:
        loaded = load_yaml(Path(value)) or {}
    except UnreadableYaml as error:
        raise click.UsageError(f"--config {value}: cannot be read as YAML: {error}") from error
    if not isinstance(loaded, dict):
        raise click.UsageError(f"--config {value}: must map option names to values, for example `count: 100`")
    values = {str(name).replace("-", "_"): entry for name, entry in loaded.items() if entry is not None}
    known = {str(option.name): option for option in ctx.command.params}
    known = {name: option for name, option in known.items() if name not in ("config", "describe", "version")}
    for name, entry in values.items():
        if name not in known:
            hint = did_you_mean(name, known)
            raise click.UsageError(f"--config {value}: {ctx.command_path} has no option {name!r}{hint}")
        values[name] = _as_words(known[name], value, entry)
    ctx.default_map = {**(ctx.default_map or {}), **values}


def _as_words(option: click.Parameter, file: str, entry: object) -> Any:
    """A value from YAML as it would stand on the command line, so that it is read by the same rules.

    Where an option may be repeated, ``size: 9`` stands for ``size: [9]``.
    """
    repeatable = getattr(option, "multiple", False) or option.nargs != 1
    if isinstance(entry, list) and (repeatable or isinstance(option.type, SizeType)):
        return [_as_word(option, file, part) for part in entry]
    word = _as_word(option, file, entry)
    return [word] if repeatable else word


def _as_word(option: click.Parameter, file: str, value: object) -> str:
    if isinstance(value, (str, bool, int, float)):
        return str(value) if isinstance(value, str) else str(value).lower()
    raise click.UsageError(f"--config {file}: {option.name} cannot be a {type(value).__name__}: give a value in quotes")


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
