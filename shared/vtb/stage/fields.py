"""A stage's own options, declared once: the fields of a frozen dataclass.

The dataclass is what the stage uses, what the manifest records and what ``--describe`` exports; click's options are
made from it. A field's annotation is its type; its metadata, made by ``option``, says the rest. A field whose type is
such a dataclass stands for that one's fields.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from vtb.errors import UsageProblem
from vtb.stage.option_types import Finite, OneOf, RangeType, SizeType, Whole
from vtb.stage.options import VtbOption

Options = TypeVar("Options", bound="StageOptions")
SIZE, RANGE = tuple[int, int], tuple[str, float, float]
_KEY = "option"


@dataclass(frozen=True)
class Spec:
    """What a field's annotation does not say of its option.

    Attributes:
        help: one or more full sentences.
        group: the heading under which the help shows it.
        low: least value.
        high: largest value.
        above: whether the least value itself is excluded.
        choices: the values there are; a function where they have to be looked for.
        metavar: what the help calls a value.
        affects_output: whether it changes a byte of what is made.
        secret: whether its value is nobody's business.
        artifact: the kinds of artifact that it takes; empty where it takes none.
        file: whether it takes a file of this machine; it must exist where it is ``existing``.
        existing: see ``file``.
        flag: the flags, where they are not the field's name.
        required: whether it must be given.
        remainder: whether it takes all words after ``--``.
        default_text: the default as the help tells it.
        callback: what click calls with a value.
        internal: no option; the command fills it.
    """

    help: str = ""
    group: str = "Options"
    low: float | None = None
    high: float | None = None
    above: bool = False
    choices: Callable[[], tuple[str, ...]] | tuple[str, ...] | None = None
    metavar: str | None = None
    affects_output: bool = True
    secret: bool = False
    artifact: tuple[str, ...] = ()
    file: bool = False
    existing: bool = False
    flag: str | None = None
    required: bool = False
    remainder: bool = False
    default_text: str | None = None
    callback: Callable[..., Any] | None = None
    internal: bool = False


def option(default: Any = dataclasses.MISSING, **spec: Any) -> Any:
    """A field that is an option; without a default it is required."""
    required = default is dataclasses.MISSING
    return dataclasses.field(default=None if required else default, metadata={_KEY: Spec(required=required, **spec)})


def internal(default: Any) -> Any:
    """A field that is no option: ``given`` gets the names of the options that were given and not left to defaults."""
    return dataclasses.field(default=default, metadata={_KEY: Spec(internal=True, affects_output=False)})


@dataclass(frozen=True)
class StageOptions:
    """The base of every stage's options.

    What can be refused by the options alone is refused in ``__post_init__``, without anything that only the stage's own
    image holds: launchers make the options of every step before they start the first one.
    """

    def recorded(self) -> dict[str, Any]:
        """What the manifest records: every option that changes a byte of what is made."""
        return {
            field.name: getattr(holder, field.name)
            for holder, field in _fields_of(self)
            if spec_of(field).affects_output
        }


def recorded_config(seed: int, options: StageOptions) -> dict[str, Any]:
    """What a manifest says of a run, as it will be read back."""
    config = {"seed": seed, **options.recorded()}
    # JSON has no infinities (an open end of a range), so they become words
    return dict(json.loads(json.dumps(config), parse_constant=str))


def spec_of(field: dataclasses.Field[Any]) -> Spec:
    """What a field says of its option; puzzle families say their help alone."""
    found = field.metadata.get(_KEY)
    return found if isinstance(found, Spec) else Spec(help=field.metadata.get("help", ""), group="The puzzle")


def _fields_of(instance: Any) -> Iterator[tuple[Any, dataclasses.Field[Any]]]:
    """Every field that is no group of fields itself, with the object that holds it."""
    for field in dataclasses.fields(instance):
        value = getattr(instance, field.name)
        if dataclasses.is_dataclass(value) and not isinstance(value, type) and _is_group(field):
            yield from _fields_of(value)
        elif not _is_left_out(field):
            yield instance, field


def _is_group(field: dataclasses.Field[Any]) -> bool:
    return bool(field.metadata.get("fields"))


def fields(kind: type[Any]) -> Any:
    """A field that stands for the fields of another dataclass."""
    return dataclasses.field(default_factory=kind, metadata={"fields": kind})


def _is_left_out(field: dataclasses.Field[Any]) -> bool:
    """Fields that commands fill: families say it by having neither help nor a specification."""
    return not field.metadata.get("help") and not isinstance(field.metadata.get(_KEY), Spec)


def options_of(kind: type[Any]) -> list[click.Parameter]:
    """Click's options of a dataclass, in the order of its fields."""
    hints = typing.get_type_hints(kind)
    found: list[click.Parameter] = []
    for field in dataclasses.fields(kind):
        if _is_group(field):
            found += options_of(field.metadata["fields"])
        elif not _is_left_out(field) and not spec_of(field).internal:
            found.append(_parameter(field, hints[field.name]))
    return found


def build(kind: type[Any], values: Mapping[str, Any], given: frozenset[str] = frozenset()) -> Any:
    """The dataclass from click's values; its own checks raise ``UsageProblem``."""
    found: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        if _is_group(field):
            found[field.name] = build(field.metadata["fields"], values, given)
        elif spec_of(field).internal:
            found[field.name] = given
        elif field.name in values:
            _check_text(field.name, values[field.name])
            found[field.name] = values[field.name]
    return kind(**found)


def _check_text(name: str, value: Any) -> None:
    """Refuse words that are not UTF-8, which no manifest can hold; a shell passes any bytes."""
    if isinstance(value, (tuple, list)):
        for entry in value:
            _check_text(name, entry)
    elif isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            said = value.encode(errors="backslashreplace").decode()
            raise UsageProblem(f"{name.replace('_', '-')}: {said!r} is not UTF-8: write it in UTF-8") from None


def _parameter(field: dataclasses.Field[Any], hint: Any) -> click.Parameter:
    spec = spec_of(field)
    if spec.remainder:
        return click.Argument([field.name], nargs=-1, type=click.UNPROCESSED)
    kind, many = _unwrapped(hint)
    default = None if spec.required else field.default
    if kind == SIZE and isinstance(default, tuple):
        default = "x".join(map(str, default))
    flag = spec.flag or "--" + field.name.replace("_", "-")
    shown: Any = spec.default_text or (default is not None and default != ())
    return VtbOption(
        [flag, field.name], type=_click_type(spec, kind), multiple=many, default=default, is_flag=kind is bool,
        required=spec.required, help=spec.help, metavar=spec.metavar, show_default=shown, callback=spec.callback,
        affects_output=spec.affects_output, group=spec.group, secret=spec.secret, artifact=spec.artifact,
    )  # fmt: skip


def _unwrapped(hint: Any) -> tuple[Any, bool]:
    """The type of one value, and whether there may be several."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        hint = next(kind for kind in typing.get_args(hint) if kind is not type(None))
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return arguments[0], True
    return hint, False


def _click_type(spec: Spec, kind: Any) -> Any:
    """The click type of an annotation, within the bounds."""
    if spec.choices is not None:
        return OneOf(spec.choices)
    if typing.get_origin(kind) is typing.Literal:
        return OneOf(typing.get_args(kind))
    if spec.file:
        return click.Path(exists=spec.existing, path_type=Path)
    if kind is int:
        return Whole(_whole(spec.low), _whole(spec.high))
    if kind is float:
        return Finite(spec.low, spec.high, min_open=spec.above)
    return {SIZE: SizeType(), RANGE: RangeType(), bool: None}.get(kind, kind)


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)
