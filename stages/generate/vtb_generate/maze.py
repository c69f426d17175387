"""``vtb-gen-maze``: mazes with their solutions."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import click

from vtb.errors import UsageProblem
from vtb.puzzles import Clip, find_family
from vtb.puzzles.maze.common.base import Maze
from vtb.puzzles.sample import make_record
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.main import run as run_command
from vtb.stage.options import VtbOption
from vtb.stage.run import Run
from vtb_generate.common import clip_options, expected_distinct, form_options, generate, take_form
from vtb_generate.maze_shapes import PRESETS, SHAPES, level_options, own_values, shape_options, use_preset
from vtb_generate.shards import Stream

log = logging.getLogger("vtb.generate")

STAGE = Stage(
    command="vtb-gen-maze",
    summary="Generate mazes with their solutions as pictures and clips.",
    version=2,
    image="vtb/gen-maze",
    writes=("puzzles",),
    parallel="shards",
    resources=Resources(cpu="2", memory="2Gi"),
)

OPTIONS: list[click.Option] = [
    # First, because it sets the defaults of the others.
    VtbOption(
        ["--preset"], type=click.Choice(list(PRESETS)), callback=use_preset, expose_value=False,
        affects_output=False,
        help="videothinkbench is the published training set of square mazes, and distinct keeps its sizes but hardly "
             "repeats a maze; hexagon and circle are proposed training sets.",
    ),
    VtbOption(["--shape"], type=click.Choice(list(SHAPES)), default="square",
              help="Shape of the maze. Options that other shapes have are refused."),
    *level_options(),
    VtbOption(["--count"], type=click.IntRange(1), multiple=True, default=(100,),
              help="Mazes per --size, --radius or --rings: once for all, or once for each."),
    *shape_options(),
    *clip_options("the path is drawn", "the maze is letterboxed into it"),
    VtbOption(["--show-cell-ids"], is_flag=True,
              help="Also make the picture with printed cell IDs that vision-language models are asked about."),
    *form_options(),
]  # fmt: skip


@stage_command(STAGE, params=OPTIONS)
def main(run: Run, shape: str, count: tuple[int, ...], show_cell_ids: bool, **values: Any) -> None:
    """Generate mazes with their solutions as pictures and clips.

    Writes a puzzles artifact: shards of samples, a dataset card, a gallery, a preview page and plots of how hard the
    mazes are. The same seed and options give the same bytes, whatever the workers; a run that was cut off continues
    where it stopped.

    Example: vtb-gen-maze --count 100 --size 9 --video --output out/mazes
    """
    form = take_form(values)
    own = own_values(shape, values)
    # Options of other shapes change nothing, so they have no place in the manifest.
    run.config = {name: value for name, value in run.config.items() if name in own or name not in values}
    streams = make_streams(shape, own, count, form.clip)
    warn_of_repeats(shape, streams)
    if show_cell_ids:
        check_numbers(shape, streams)
    generate(run, f"maze_{shape}", streams, form, reasoning=show_cell_ids)


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
    family = find_family(f"maze_{shape}")
    for stream in streams:
        if isinstance(family, Maze) and not family.numbers_can_be_read(
            make_record(family, stream.config, stream.name, 0, 0)
        ):
            raise UsageProblem(
                f"--show-cell-ids: the cells of {stream.name} are too small for their numbers to be read: take larger "
                "cells or fewer"
            )


def warn_of_repeats(shape: str, streams: tuple[Stream, ...]) -> None:
    """Say when a run asks for so many mazes that some must come more than once."""
    for stream in streams:
        space = find_family(f"maze_{shape}").distinct(stream.config)
        if space is not None and expected_distinct(space, stream.count) < 0.99 * stream.count:
            log.warning(
                "%s: only %.0f different mazes exist with these options, %d are asked for, so about %.0f will be "
                "different: take %s; curate drops repeats",
                stream.name, space, stream.count, expected_distinct(space, stream.count), SHAPES[shape].more,
            )  # fmt: skip


def entry() -> None:
    """The console script."""
    run_command(main)


if __name__ == "__main__":
    entry()
