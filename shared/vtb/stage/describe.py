"""The contract of a stage as plain data: what ``--describe`` prints and everything else is rendered from."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

import vtb
from vtb.stage.declaration import StageCommand
from vtb.stage.options import VtbOption

SCHEMA = "https://json-schema.org/draft/2020-12/schema"
PATTERNS = {"WxH": "^[0-9]+x[0-9]+$", "FIELD=LOW..HIGH": "^[^=]+=[^=]*[.][.][^=]*$"}


def env_prefix(command: str) -> str:
    """``vtb-prepare vlm`` reads ``VTB_PREPARE_VLM_...``."""
    return command.upper().replace("-", "_").replace(" ", "_")


def describe(command: StageCommand) -> dict[str, Any]:
    """The whole contract of a stage as plain data: what ``--describe`` prints and everything is rendered from.

    ``options`` is a JSON Schema of a configuration file; what JSON Schema has no words for stands in keys with ``x-``:
    flag, environment variable, group, whether the output depends on it, whether it is secret, the kinds of artifact
    that it takes, and the default in words where it has no value of its own.
    """
    stage = command.stage
    return {
        **asdict(stage), "name": stage.name, "vtb": vtb.__version__, "options": options_schema(command, stage.command),
    }  # fmt: skip


def options_schema(command: click.Command, words: str) -> dict[str, Any]:
    """The options of a command as a JSON Schema; ``words`` are what a user types to run it."""
    options = [option for option in command.params if isinstance(option, VtbOption)]
    return {
        "$schema": SCHEMA,
        "type": "object",
        "properties": {str(option.name): _property(option, env_prefix(words)) for option in options},
        "required": [str(option.name) for option in options if option.required],
        "additionalProperties": False,
    }


def _property(option: VtbOption, prefix: str) -> dict[str, Any]:
    value = _value_schema(option)
    extra = {
        "x-flag": option.opts[0] + (f"/{option.secondary_opts[0]}" if option.secondary_opts else ""),
        "x-env": f"{prefix}_{(option.name or '').upper()}",
        "x-group": option.group,
        "x-affects-output": option.affects_output,
        "x-secret": option.secret,
        "x-artifact": list(option.artifact),
    }
    default = option.get_default(click.Context(click.Command("none")), call=False)
    found = {"type": "array", "items": value} if option.multiple else value
    told = {"x-default": option.show_default} if isinstance(option.show_default, str) else {}
    return {**found, "description": option.help or "", **_default(default), **told, **extra}


def _default(default: object) -> dict[str, Any]:
    """A default that JSON can hold; click's own marks for "none" are none."""
    if isinstance(default, tuple):
        default = list(default)
    return {"default": default} if isinstance(default, (str, int, float, bool, list)) else {}


def _value_schema(option: VtbOption) -> dict[str, Any]:
    """The type of one value with its bounds."""
    kind = option.type
    if option.is_flag:
        return {"type": "boolean"}
    if isinstance(kind, click.Choice):
        return {"type": "string", "enum": [str(choice) for choice in kind.choices]}
    if option.artifact or option.metavar == "URI":
        return {"type": "string", "format": "uri-reference"}
    if isinstance(kind, click.Path):
        return {"type": "string", "format": "path"}
    names = {"integer": "integer", "integer range": "integer", "float": "number", "float range": "number"}
    if kind.name in names:
        return {"type": names[kind.name], **_bounds(kind)}
    return {"type": "string", **({"pattern": PATTERNS[kind.name]} if kind.name in PATTERNS else {})}


def _bounds(kind: click.ParamType[Any]) -> dict[str, float]:
    """The least and the largest value, where there are any."""
    if not isinstance(kind, (click.IntRange, click.FloatRange)):
        return {}
    least = "exclusiveMinimum" if kind.min_open else "minimum"
    bounds = {least: kind.min, "maximum": kind.max}
    return {name: bound for name, bound in bounds.items() if bound is not None and bound < 2**63 - 1}
