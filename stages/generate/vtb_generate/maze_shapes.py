"""The shapes of mazes on one command line: which option belongs to which shape, and the presets."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import click

from vtb.errors import UsageProblem
from vtb.puzzles.maze import circle, hexagon, square
from vtb.stage.fields import option


@dataclass(frozen=True)
class Shape:
    """One shape of maze.

    Attributes:
        config_class: its configuration, whose fields are its options.
        level: the field that says how large a maze is; it may be given several times, for one stream each.
        words: what one such value is called, and several.
        more: what makes more different mazes, besides the settings that ``MOST`` names.
    """

    config_class: type[Any]
    level: str
    words: tuple[str, str]
    more: tuple[str, ...]

    @property
    def fields(self) -> list[str]:
        """The names of its options."""
        return [field.name for field in dataclasses.fields(self.config_class) if field.name != "clip"]

    def advice(self, config: Any) -> str:
        """What would make more different mazes than this configuration."""
        unset = [f"--{name} {value}" for name, value in MOST.items() if getattr(config, name, value) != value]
        *others, last = [*self.more, *unset]
        return f"{', '.join(others)} or {last}" if others else last


SHAPES = {
    "square": Shape(square.Config, "size", ("size", "sizes"), ("a larger --size",)),
    "hexagon": Shape(hexagon.Config, "radius", ("radius", "radii"), ("a larger --radius",)),
    "circle": Shape(
        circle.Config, "rings", ("number of rings", "numbers of rings"), ("more --rings", "more --segments")
    ),
}
MOST = {"algorithm": "wilson", "endpoints": "random"}  # settings with which there are the most different mazes

PRESETS: dict[str, dict[str, Any]] = {
    # The finalised training set of VTB-Training: depth-first mazes, about 8,500 different ones among the 30,000.
    "videothinkbench": {
        "shape": "square", "size": (7, 9, 11), "count": (10_000,), "cell_px": 32, "algorithm": "dfs",
        "endpoints": "corners",
    },
    # The same sizes and total, but nearly every maze is another: there are only 6,912 of size 7 with free ends.
    "distinct": {
        "shape": "square", "size": (7, 9, 11), "count": (500, 14_750, 14_750), "cell_px": 32, "algorithm": "wilson",
        "endpoints": "random",
    },
    # The benchmark's board and two smaller ones. Unlike square ones, mazes carved depth-first hardly repeat here, and
    # only they have paths as long as the benchmark's (figures: README.md).
    "hexagon": {
        "shape": "hexagon", "radius": (2, 3, 4), "count": (10_000,), "cell_radius": 28, "algorithm": "dfs",
    },
    "circle": {
        "shape": "circle", "rings": (2, 4, 6), "count": (10_000,), "segments": 18, "ring_width": 36, "algorithm": "dfs",
    },
}  # fmt: skip


def use_preset(ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """A preset sets defaults: a flag, an environment variable or the config file wins over it."""
    if value is not None:
        ctx.default_map = {**PRESETS[value], **(ctx.default_map or {})}
    return value


def _levels() -> type[Any]:
    """The options that say how large a maze is; each value given makes a stream of its own."""
    return dataclasses.make_dataclass("Levels", [_level(name, shape) for name, shape in SHAPES.items()], frozen=True)


def _level(name: str, shape: Shape) -> tuple[str, Any, Any]:
    field = next(field for field in dataclasses.fields(shape.config_class) if field.name == shape.level)
    text = _help({name: f"{field.metadata['help']} May be repeated."})
    return field.name, tuple[int, ...], option((field.default,), group="The puzzle", help=text)


def _shape_options() -> type[Any]:
    """All other options of the shapes; those of one name have one type and default, and are one option."""
    merged: dict[str, tuple[Any, Any]] = {}
    helps: dict[str, dict[str, str]] = {}
    for name, shape in SHAPES.items():
        hints = typing.get_type_hints(shape.config_class)
        for field in dataclasses.fields(shape.config_class):
            if field.name not in (shape.level, "clip"):
                merged.setdefault(field.name, (hints[field.name], field.default))
                helps.setdefault(field.name, {})[name] = field.metadata["help"]
    made = [
        (name, hint, option(default, group="The puzzle", help=_help(helps[name])))
        for name, (hint, default) in merged.items()
    ]
    return dataclasses.make_dataclass("ShapeOptions", made, frozen=True)


def _help(helps: Mapping[str, str]) -> str:
    """One help text from those of the shapes that have an option; it names them unless all do and agree."""
    by_text: dict[str, list[str]] = {}
    for name, text in helps.items():
        by_text.setdefault(text, []).append(name)
    if len(by_text) == 1 and len(helps) == len(SHAPES):
        return next(iter(by_text))
    return " ".join(f"{text} Only for {' and '.join(names)} mazes." for text, names in by_text.items())


def refuse_strangers(shape: str, preset: str | None, given: Collection[str]) -> None:
    """Refuse options of other shapes, and presets for them.

    Raises:
        UsageProblem: an option of another shape was given, or the preset is for another one.
    """
    if preset is not None and PRESETS[preset]["shape"] != shape:
        raise UsageProblem(f"--preset {preset} is for --shape {PRESETS[preset]['shape']}, not {shape}: leave one out")
    every = [name for other in SHAPES.values() for name in other.fields]
    for name in every:
        if name in given and name not in SHAPES[shape].fields:
            raise UsageProblem(_stranger(name, shape))


def _stranger(name: str, shape: str) -> str:
    owners = " or ".join(f"--shape {other}" for other, its in SHAPES.items() if name in its.fields)
    flags = ", ".join(f"--{field.replace('_', '-')}" for field in SHAPES[shape].fields)
    return f"--{name.replace('_', '-')} belongs to {owners}: leave it out, or choose that shape ({shape} has {flags})"


Levels, ShapeOptions = _levels(), _shape_options()
