"""The shapes of mazes on one command line: which option belongs to which shape, and the presets."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click
from click.core import ParameterSource

from vtb.errors import UsageProblem
from vtb.puzzles.config_options import config_options
from vtb.puzzles.maze import circle, hexagon, square
from vtb.stage.options import VtbOption

PRESET = "vtb_generate.preset"


@dataclass(frozen=True)
class Shape:
    """One shape of maze.

    Attributes:
        config_class: its configuration, whose fields are its options.
        level: the field that says how large a maze is; it may be given several times, for one stream each.
        words: what one such value is called, and several.
        more: what makes more different mazes.
    """

    config_class: type[Any]
    level: str
    words: tuple[str, str]
    more: str

    @property
    def fields(self) -> list[str]:
        """The names of its options."""
        return [field.name for field in dataclasses.fields(self.config_class) if field.name != "clip"]


SHAPES = {
    "square": Shape(
        square.Config, "size", ("size", "sizes"), "a larger --size, --algorithm wilson or --endpoints random"
    ),
    "hexagon": Shape(hexagon.Config, "radius", ("radius", "radii"), "a larger --radius or --algorithm wilson"),
    "circle": Shape(
        circle.Config, "rings", ("number of rings", "numbers of rings"),
        "more --rings, more --segments or --algorithm wilson",
    ),
}  # fmt: skip

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


def use_preset(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    """A preset sets defaults: a flag, an environment variable or the config file wins over it."""
    if value is not None:
        ctx.meta[PRESET] = value
        ctx.default_map = {**PRESETS[value], **(ctx.default_map or {})}


def level_options() -> list[click.Option]:
    """The options that say how large a maze is; each value given makes a stream of its own."""
    return [_level_option(name, shape) for name, shape in SHAPES.items()]


def _level_option(name: str, shape: Shape) -> click.Option:
    field = next(field for field in dataclasses.fields(shape.config_class) if field.name == shape.level)
    text = _help({name: f"{field.metadata['help']} May be repeated."})
    return VtbOption([f"--{field.name}"], type=int, multiple=True, default=(field.default,), help=text)


def shape_options() -> list[click.Option]:
    """All other options of the shapes; those of one name have one type and default, and are one option."""
    merged: dict[str, click.Option] = {}
    helps: dict[str, dict[str, str]] = {}
    for name, shape in SHAPES.items():
        for option in config_options(shape.config_class):
            if option.name != shape.level:
                merged.setdefault(str(option.name), option)
                helps.setdefault(str(option.name), {})[name] = option.help or ""
    for name, option in merged.items():
        option.help = _help(helps[name])
    return list(merged.values())


def _help(helps: Mapping[str, str]) -> str:
    """One help text from those of the shapes that have an option; it names them unless all do and agree."""
    by_text: dict[str, list[str]] = {}
    for name, text in helps.items():
        by_text.setdefault(text, []).append(name)
    if len(by_text) == 1 and len(helps) == len(SHAPES):
        return next(iter(by_text))
    return " ".join(f"{text} Only for {' and '.join(names)} mazes." for text, names in by_text.items())


def own_values(shape: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the options that a shape has.

    Raises:
        UsageProblem: an option of another shape was given, or the preset is for another one.
    """
    context = click.get_current_context()
    preset = context.meta.get(PRESET)
    if preset is not None and PRESETS[preset]["shape"] != shape:
        raise UsageProblem(f"--preset {preset} is for --shape {PRESETS[preset]['shape']}, not {shape}: leave one out")
    fields = SHAPES[shape].fields
    for name in values:
        if name not in fields and context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise UsageProblem(_stranger(name, shape))
    return {name: values[name] for name in fields}


def _stranger(name: str, shape: str) -> str:
    owners = " or ".join(f"--shape {other}" for other, its in SHAPES.items() if name in its.fields)
    flags = ", ".join(f"--{field.replace('_', '-')}" for field in SHAPES[shape].fields)
    return f"--{name.replace('_', '-')} belongs to {owners}: leave it out, or choose that shape ({shape} has {flags})"
