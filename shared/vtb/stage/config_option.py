"""``--config``: values of options out of a YAML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from vtb.did_you_mean import did_you_mean
from vtb.stage.option_types import SizeType


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
