"""The contract of a stage as plain data: what ``--describe`` prints and everything else is rendered from."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

import vtb
from vtb.stage.declaration import StageCommand


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
    least = "above" if option.type.min_open else "min"
    bounds = {least: option.type.min, "max": option.type.max}
    return {name: bound for name, bound in bounds.items() if bound is not None and bound < 2**63 - 1}


def _plain(value: object) -> object:
    """A default that JSON can hold; click's own marks for "none" become None."""
    return value if isinstance(value, (str, int, float, bool, tuple, list)) else None
