"""``vtb-gen-maze``: mazes with their solutions."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

import click

from vtb.contract import Resources, Stage
from vtb.errors import UsageProblem
from vtb.main import run as run_command
from vtb.options import SizeType, VtbOption
from vtb.puzzles import Clip, find_family
from vtb.puzzles.maze_square import Config
from vtb.puzzles.options import config_options
from vtb.run import Run
from vtb.stage import stage_command
from vtb_generate.shards import Recipe, Stream, make_shard, plan_shards
from vtb_generate.whole import describe_whole

log = logging.getLogger("vtb.generate")

STAGE = Stage(
    command="vtb-gen-maze",
    summary="Generate mazes with their solutions as pictures and clips.",
    version=1,
    image="vtb/gen-maze",
    writes=("puzzles",),
    parallel="shards",
    resources=Resources(cpu="2", memory="2Gi"),
)

PRESETS: dict[str, dict[str, Any]] = {
    # The finalised training set of VTB-Training: depth-first mazes, about 8,500 different ones among the 30,000.
    "videothinkbench": {
        "size": (7, 9, 11), "count": (10_000,), "cell_px": 32, "algorithm": "dfs", "endpoints": "corners",
    },
    # The same sizes and total, but nearly every maze is another: there are only 6,912 of size 7 with free ends.
    "distinct": {
        "size": (7, 9, 11), "count": (500, 14_750, 14_750), "cell_px": 32, "algorithm": "wilson", "endpoints": "random",
    },
}  # fmt: skip


def use_preset(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    """A preset sets defaults: a flag, an environment variable or the config file wins over it."""
    if value is not None:
        ctx.default_map = {**PRESETS[value], **(ctx.default_map or {})}


OPTIONS: list[click.Option] = [
    VtbOption(["--shape"], type=click.Choice(["square"]), default="square", help="Shape of the maze."),
    VtbOption(
        ["--preset"], type=click.Choice(list(PRESETS)), callback=use_preset, expose_value=False,
        affects_output=False,
        help="videothinkbench is the published training set; distinct keeps its sizes but hardly repeats a maze.",
    ),
    VtbOption(["--size"], type=int, multiple=True, default=(9,),
              help="Side of the maze in cells, walls included: odd, 5 to 101. May be repeated."),
    VtbOption(["--count"], type=click.IntRange(1), multiple=True, default=(100,),
              help="Mazes per size: once for all sizes, or once for each."),
    *config_options(Config),
    VtbOption(["--video/--no-video"], default=False, help="Also make a clip in which the path is drawn."),
    VtbOption(["--frames"], type=int, default=81, help="Frames of a clip: 4k+1, at least 5."),
    VtbOption(["--fps"], type=click.IntRange(1, 120), default=16, help="Frames per second of a clip."),
    VtbOption(["--clip-size"], type=SizeType(), default="480x480",
              help="Size of a clip in pixels, multiples of 32; the maze is letterboxed into it."),
    VtbOption(["--show-cell-ids"], is_flag=True,
              help="Also make the picture with printed cell IDs that vision-language models are asked about."),
    VtbOption(["--samples-per-shard"], type=click.IntRange(1), default=256, help="Samples in one shard."),
    VtbOption(["--layout"], type=click.Choice(["shards", "folder"]), default="shards",
              help="WebDataset shards, or the VLMPuzzle folder tree with a data.json."),
]  # fmt: skip


@stage_command(STAGE, params=OPTIONS)
def main(
    run: Run, shape: str, size: tuple[int, ...], count: tuple[int, ...], samples_per_shard: int, layout: Any,
    show_cell_ids: bool, video: bool, frames: int, fps: int, clip_size: tuple[int, int], **config: Any,
) -> None:  # fmt: skip
    """Generate mazes with their solutions as pictures and clips.

    Writes a puzzles artifact: shards of samples, a dataset card, a picture of samples and a preview page. The same
    seed and options give the same bytes, whatever the workers; a run that was cut off continues where it stopped.

    Example: vtb-gen-maze --count 100 --size 9 --video --output out/mazes
    """
    clip = Clip(frames, fps, clip_size) if video else None
    check_clip(Clip(frames, fps, clip_size))
    name = f"maze_{shape}"
    streams = make_streams(name, size, count, config, clip)
    recipe = Recipe(name, streams, run.seed, show_cell_ids, layout)
    warn_of_repeats(name, streams)
    generate(run, recipe, samples_per_shard)


def make_streams(
    name: str, sizes: tuple[int, ...], counts: tuple[int, ...], config: dict[str, Any], clip: Clip | None
) -> tuple[Stream, ...]:
    """One stream per size."""
    if not sizes:
        raise UsageProblem("--size: give at least one")
    if len(set(sizes)) < len(sizes):
        raise UsageProblem(f"--size {' '.join(map(str, sizes))}: give each size once")
    if len(counts) not in (1, len(sizes)):
        raise UsageProblem(f"--count was given {len(counts)} times for {len(sizes)} sizes: give it once, or per size")
    per_size = counts * len(sizes) if len(counts) == 1 else counts
    make_config = find_family(name).config_class
    return tuple(
        Stream(f"{name}-{size:02d}", make_config(size=size, clip=clip, **config), count)
        for size, count in zip(sizes, per_size, strict=True)
    )


def check_clip(clip: Clip) -> None:
    """Refuse a clip that a video trainer would crop or truncate."""
    from vtb.video import valid_frame_count

    if not valid_frame_count(clip.frames):
        raise UsageProblem(f"--frames {clip.frames}: video models take 4k+1 frames, at least 5, for example 81")
    width, height = clip.size
    if width % 32 or height % 32 or not (32 <= width <= 4096 and 32 <= height <= 4096):
        raise UsageProblem(f"--clip-size {width}x{height}: both sides must be multiples of 32, from 32 to 4096")


def warn_of_repeats(name: str, streams: tuple[Stream, ...]) -> None:
    """Say when a run asks for so many mazes that some must come more than once."""
    for stream in streams:
        space = find_family(name).distinct(stream.config)
        if space is not None and stream.count > 0.02 * space:
            log.warning(
                "%s: only %.0f different mazes exist with these options, %d are asked for, so about %.0f will be "
                "different: take a larger --size, --algorithm wilson or --endpoints random; curate drops repeats",
                stream.name, space, stream.count, expected_distinct(space, stream.count),
            )  # fmt: skip


def expected_distinct(space: float, draws: int) -> float:
    """How many different values so many uniform draws from a space give on average."""
    import math

    return space * -math.expm1(draws * math.log1p(-1 / space)) if space > 1 else 1.0


def generate(run: Run, recipe: Recipe, samples_per_shard: int) -> None:
    """Make what is missing of the artifact."""
    tasks, plan = plan_shards(recipe, samples_per_shard), run.plan()
    run.make_shards(
        plan, tasks, make_shard, lambda output: partial(describe_whole, output, recipe),
        what="samples", summary=f"{recipe.total} samples",
    )  # fmt: skip


def entry() -> None:
    """The console script."""
    run_command(main)


if __name__ == "__main__":
    entry()
