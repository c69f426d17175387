"""``vtb-gen-maze``: mazes with their solutions."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from vtb.errors import UsageProblem
from vtb.puzzles.family import Clip
from vtb.puzzles.maze.common.base import Maze
from vtb.puzzles.registry import find_family
from vtb.puzzles.sample import make_example
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.fields import StageOptions, fields, internal, option
from vtb.stage.run import Run
from vtb_generate.common import FormOptions, expected_distinct, generate
from vtb_generate.maze_shapes import PRESETS, SHAPES, Levels, ShapeOptions, refuse_strangers, use_preset
from vtb_generate.shards import Stream

log = logging.getLogger("vtb.generate")

STAGE = Stage(
    command="vtb-gen-maze",
    summary="Generate mazes with their solutions as pictures and clips.",
    version=4,
    image="vtb/gen-maze",
    writes=("puzzles",),
    parallel="shards",
    resources=Resources(cpu="2", memory="2Gi"),
)


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options."""

    # First, because it sets the defaults of the others.
    preset: str | None = option(
        None, choices=tuple(PRESETS), callback=use_preset, affects_output=False,
        help="videothinkbench is the published training set of square mazes, and distinct keeps its sizes but hardly "
             "repeats a maze; hexagon and circle are proposed training sets.",
    )  # fmt: skip
    shape: str = option(
        "square", choices=tuple(SHAPES), help="Shape of the maze. Options that other shapes have are refused."
    )
    levels: Any = fields(Levels)
    count: tuple[int, ...] = option(
        (100,), low=1, help="Mazes per --size, --radius or --rings: once for all, or once for each."
    )
    puzzle: Any = fields(ShapeOptions)
    show_cell_ids: bool = option(
        False, help="Also make the picture with printed cell IDs that vision-language models are asked about."
    )
    form: FormOptions = fields(FormOptions)
    given: frozenset[str] = internal(frozenset())

    def __post_init__(self) -> None:
        """Refuse what belongs to another shape, and mazes that cannot be."""
        refuse_strangers(self.shape, self.preset, self.given)
        self.streams()

    @property
    def own(self) -> dict[str, Any]:
        """The values of the options that the shape has."""
        return {name: value for name, value in self._of_shapes().items() if name in SHAPES[self.shape].fields}

    def streams(self) -> tuple[Stream, ...]:
        """What is made: one stream per level."""
        return make_streams(self.shape, self.own, self.count, self.form.clip)

    def recorded(self) -> dict[str, Any]:
        """Options of other shapes change nothing, so they have no place in the manifest."""
        others = self._of_shapes().keys() - self.own.keys()
        return {name: value for name, value in super().recorded().items() if name not in others}

    def _of_shapes(self) -> dict[str, Any]:
        return {**asdict(self.levels), **asdict(self.puzzle)}


@stage_command(STAGE, Options)
def main(run: Run, options: Options) -> None:
    """Generate mazes with their solutions as pictures and clips.

    Writes a puzzles artifact: shards of samples, a dataset card, a gallery, a preview page and plots of how hard the
    mazes are. The same seed and options give the same bytes, whatever the workers; a run that was cut off continues
    where it stopped.

    Example: vtb-gen-maze --count 100 --size 9 --video --output out/mazes
    """
    streams = options.streams()
    warn_of_repeats(options.shape, streams)
    if options.show_cell_ids:
        check_numbers(options.shape, streams)
    name = f"maze_{options.shape}"
    generate(run, options, name, streams, options.form, reasoning=options.show_cell_ids)


def make_streams(
    shape: str, values: Mapping[str, Any], counts: tuple[int, ...], clip: Clip | None
) -> tuple[Stream, ...]:
    """One stream per level."""
    level, (one, many) = SHAPES[shape].level, SHAPES[shape].words
    levels: tuple[int, ...] = values[level]
    if not levels:
        raise UsageProblem(f"--{level}: give at least one")
    if len(set(levels)) < len(levels):
        raise UsageProblem(f"--{level} {' '.join(map(str, levels))}: give each {one} once")
    if len(counts) not in (1, len(levels)):
        times = f"{len(counts)} times for {len(levels)} {many}"
        raise UsageProblem(f"--count was given {times}: give it once, or once for each of them")
    config = SHAPES[shape].config_class
    return tuple(
        Stream(f"maze_{shape}-{value:02d}", config(**{**values, level: value, "clip": clip}), count)
        for value, count in zip(levels, counts * len(levels) if len(counts) == 1 else counts, strict=True)
    )


def check_numbers(shape: str, streams: tuple[Stream, ...]) -> None:
    """Refuse cells in which nobody could read the numbers."""
    try:
        import cv2  # noqa: F401
    except ModuleNotFoundError:
        return  # a launcher, which only plans: the step itself looks again
    family = find_family(f"maze_{shape}")
    for stream in streams:
        example = make_example(family, stream.config, stream.name, 0, 0)
        if isinstance(family, Maze) and not family.numbers_can_be_read(example.payload):
            raise UsageProblem(
                f"--show-cell-ids: the cells of {stream.name} are too small for their numbers to be read: take larger "
                "cells or fewer"
            )


def warn_of_repeats(shape: str, streams: tuple[Stream, ...]) -> None:
    """Say when a run asks for so many mazes that one or more, and more than one in a hundred, repeat another."""
    for stream in streams:
        space = find_family(f"maze_{shape}").distinct(stream.config)
        if space is None:
            continue
        different = expected_distinct(space, stream.count)
        if different <= stream.count - max(1, 0.01 * stream.count):
            log.warning(
                "%s: only %.0f different mazes exist with these options, %d are asked for, so about %.0f will be "
                "different: take %s; curate drops repeats",
                stream.name, space, stream.count, different, SHAPES[shape].advice(stream.config),
            )  # fmt: skip
