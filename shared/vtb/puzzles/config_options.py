"""Command-line options from a family's configuration class: a field is an option, its metadata is the help."""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any

import click

from vtb.stage.options import SizeType, VtbOption

# Fields that the generator fills itself: one value per stream, or an object.
NOT_OPTIONS = frozenset({"size", "task", "clip"})
SIZE = tuple[int, int]


def config_options(config_class: type[Any]) -> list[click.Option]:
    """One option per field of a frozen dataclass, with its default."""
    hints = typing.get_type_hints(config_class)
    return [
        _option(field, hints[field.name]) for field in dataclasses.fields(config_class) if field.name not in NOT_OPTIONS
    ]


def _option(field: dataclasses.Field[Any], hint: Any) -> click.Option:
    kind = _click_type(hint)
    flag = "--" + field.name.replace("_", "-")
    default: Any = field.default
    if hint == SIZE:
        default = f"{default[0]}x{default[1]}"
    return VtbOption([flag], type=kind, default=default, help=field.metadata.get("help", ""))


def _click_type(hint: Any) -> Any:
    """The click type of an annotation: Literal is a choice, a pair of numbers a size, ``X | None`` is X."""
    if hint == SIZE:
        return SizeType()
    if typing.get_origin(hint) is typing.Literal:
        return click.Choice(typing.get_args(hint))
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return next(kind for kind in typing.get_args(hint) if kind is not type(None))
    return hint
