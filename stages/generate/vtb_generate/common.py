"""What every generating command does the same: its common options, the form of a clip, making what is missing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import click

from vtb.artifact import InputEntry
from vtb.errors import UsageProblem
from vtb.puzzles.family import Clip
from vtb.stage.options import SizeType, VtbOption
from vtb.stage.run import Run
from vtb_generate.finalize import describe_whole
from vtb_generate.shards import Layout, Recipe, Stream, make_shard, plan_shards


@dataclass(frozen=True)
class Form:
    """How samples are stored and shown, whatever they are.

    Attributes:
        clip: the form of the clips, or None without clips.
        samples_per_shard: samples in one shard.
        layout: shards or a folder tree.
        preview: samples of each kind that the preview page shows.
    """

    clip: Clip | None
    samples_per_shard: int
    layout: Layout
    preview: int


def clip_options(drawn: str, placed: str, size: str = "480x480") -> list[click.Option]:
    """The options of clips.

    Args:
        drawn: what happens in a clip, to end a sentence.
        placed: how a puzzle lies in the frame, to end a sentence.
        size: the default size.
    """
    return [
        VtbOption(["--video/--no-video"], default=False, help=f"Also make a clip in which {drawn}."),
        VtbOption(["--frames"], type=int, default=81, help="Frames of a clip: 4k+1, at least 5."),
        VtbOption(["--fps"], type=click.IntRange(1, 120), default=16, help="Frames per second of a clip."),
        VtbOption(["--clip-size"], type=SizeType(), default=size,
                  help=f"Size of a clip in pixels, multiples of 32; {placed}."),
    ]  # fmt: skip


def form_options() -> list[click.Option]:
    """The options of storing and showing."""
    return [
        VtbOption(["--samples-per-shard"], type=click.IntRange(1), default=256, help="Samples in one shard."),
        VtbOption(["--layout"], type=click.Choice(["shards", "folder"]), default="shards",
                  help="WebDataset shards, or the VLMPuzzle folder tree with a data.json for each kind of puzzle."),
        # Part of the configuration: the page is one of the artifact's files, and its bytes depend on this.
        VtbOption(["--preview"], type=click.IntRange(0, 100), default=4,
                  help="Samples of each kind in preview.html, with their prompts; 0 makes no such page."),
    ]  # fmt: skip


def take_form(values: dict[str, Any]) -> Form:
    """Take the values of these options out of all values; what is left is the puzzle's configuration."""
    video = values.pop("video")
    clip = Clip(values.pop("frames"), values.pop("fps"), values.pop("clip_size"))
    check_clip(clip)
    rest = (values.pop(name) for name in ("samples_per_shard", "layout", "preview"))
    return Form(clip if video else None, *rest)


def check_clip(clip: Clip) -> None:
    """Refuse a clip that a video trainer would crop or truncate."""
    from vtb.media.video import valid_frame_count

    if not valid_frame_count(clip.frames):
        raise UsageProblem(f"--frames {clip.frames}: video models take 4k+1 frames, at least 5, for example 81")
    width, height = clip.size
    if width % 32 or height % 32 or not (32 <= width <= 4096 and 32 <= height <= 4096):
        raise UsageProblem(f"--clip-size {width}x{height}: both sides must be multiples of 32, from 32 to 4096")


def expected_distinct(space: float, draws: int) -> float:
    """How many different values so many uniform draws from a space give on average."""
    return space * -math.expm1(draws * math.log1p(-1 / space)) if space > 1 else 1.0


def generate(
    run: Run, name: str, streams: Sequence[Stream], form: Form, *,
    reasoning: bool = False, inputs: Sequence[InputEntry] = (),
) -> None:  # fmt: skip
    """Make what is missing of the artifact.

    Args:
        run: what the common options said.
        name: what is made: a family, or a word for several.
        streams: the samples.
        form: how they are stored and shown.
        reasoning: also make the picture with printed names.
        inputs: what the samples are made from, besides the options.
    """
    recipe = Recipe(name, tuple(streams), run.seed, reasoning, form.layout, run.stage.command, form.preview)
    tasks, plan = plan_shards(recipe, form.samples_per_shard), run.plan(inputs)
    run.make_shards(
        plan, tasks, make_shard, lambda output: partial(describe_whole, output, recipe),
        what="samples", summary=f"{recipe.total} samples",
    )  # fmt: skip
