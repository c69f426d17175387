"""``vtb-gen-visual``: the benchmark's ten visual puzzles with their solutions."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import click

from vtb.contract import Resources, Stage
from vtb.errors import UsageProblem
from vtb.main import run as run_command
from vtb.options import SizeType, VtbOption
from vtb.puzzles import Clip, families
from vtb.puzzles.options import config_options
from vtb.puzzles.visual import Config
from vtb.run import Run
from vtb.stage import stage_command
from vtb_generate.common import check_clip, expected_distinct, generate
from vtb_generate.shards import Recipe, Stream

log = logging.getLogger("vtb.generate")

STAGE = Stage(
    command="vtb-gen-visual",
    summary="Generate visual puzzles with their solutions as pictures and clips.",
    version=1,
    image="vtb/gen-visual",
    writes=("puzzles",),
    parallel="shards",
    resources=Resources(cpu="2", memory="2Gi"),
)
GROUP = "visual"
TASKS = {name.removeprefix(f"{GROUP}_"): name for name, family in families().items() if family.group == GROUP}

OPTIONS: list[click.Option] = [
    VtbOption(["--task"], type=click.Choice([*TASKS, "all"]), multiple=True, default=("all",),
              help="Kind of puzzle. May be repeated."),
    VtbOption(["--count"], type=click.IntRange(1), default=100, help="Puzzles of each kind."),
    *config_options(Config),
    VtbOption(["--video/--no-video"], default=False, help="Also make a clip in which the missing part is drawn in."),
    VtbOption(["--frames"], type=int, default=81, help="Frames of a clip: 4k+1, at least 5."),
    VtbOption(["--fps"], type=click.IntRange(1, 120), default=16, help="Frames per second of a clip."),
    VtbOption(["--clip-size"], type=SizeType(), default="480x480",
              help="Size of a clip in pixels, multiples of 32; it shows the middle of the picture, scaled to its "
                   "shorter side."),
    VtbOption(["--show-numbers"], is_flag=True,
              help="Also make the picture with a number printed on every part, as the explanations name them."),
    VtbOption(["--samples-per-shard"], type=click.IntRange(1), default=256, help="Samples in one shard."),
    VtbOption(["--layout"], type=click.Choice(["shards", "folder"]), default="shards",
              help="WebDataset shards, or the VLMPuzzle folder tree with a data.json for each kind."),
]  # fmt: skip


@stage_command(STAGE, params=OPTIONS)
def main(
    run: Run, task: tuple[str, ...], count: int, samples_per_shard: int, layout: Any, show_numbers: bool,
    video: bool, frames: int, fps: int, clip_size: tuple[int, int], **fields: Any,
) -> None:  # fmt: skip
    """Generate visual puzzles with their solutions as pictures and clips.

    Writes a puzzles artifact: shards of samples, a dataset card, a picture of samples and a preview page. The same
    seed and options give the same bytes, whatever the workers; a run that was cut off continues where it stopped.

    Example: vtb-gen-visual --count 500 --task color_grid --task size_cycle --output out/visual
    """
    clip = Clip(frames, fps, clip_size)
    check_clip(clip)
    streams = make_streams(task, count, Config(clip=clip if video else None, **fields))
    warn_of_repeats(streams)
    name = streams[0].name if len(streams) == 1 else f"{GROUP}_puzzles"
    generate(run, Recipe(name, streams, run.seed, show_numbers, layout, STAGE.command), samples_per_shard)


def make_streams(tasks: Sequence[str], count: int, config: Config) -> tuple[Stream, ...]:
    """One stream per kind of puzzle."""
    if len(set(tasks)) < len(tasks) or ("all" in tasks and len(tasks) > 1):
        raise UsageProblem(f"--task {' '.join(tasks)}: give each kind once, or all alone")
    names = [name for task, name in TASKS.items() if "all" in tasks or task in tasks]
    return tuple(Stream(name, config, count, name) for name in names)


def warn_of_repeats(streams: Sequence[Stream]) -> None:
    """Say when a run asks for so many puzzles of a kind that one in ten or more repeats another."""
    for stream in streams:
        space = families()[stream.name].distinct(stream.config)
        if space is not None and (found := expected_distinct(space, stream.count)) < 0.9 * stream.count:
            log.warning(
                "%s: %.0f different puzzles exist with these options, %d are asked for, so about %.0f will be "
                "different: take --sampling fair, more --colors or a smaller --count; curate drops repeats",
                stream.name, space, stream.count, found,
            )  # fmt: skip


def entry() -> None:
    """The console script."""
    run_command(main)


if __name__ == "__main__":
    entry()
