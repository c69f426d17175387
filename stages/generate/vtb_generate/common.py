"""What every generating command does the same: its common options, the form of a clip, making what is missing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from vtb.artifact import InputEntry
from vtb.errors import UsageProblem
from vtb.puzzles.family import Clip
from vtb.stage.fields import StageOptions, option
from vtb.stage.run import Run
from vtb_generate.shards import Layout, Recipe, Stream, make_shard, plan_shards


@dataclass(frozen=True)
class FormOptions(StageOptions):
    """How samples are stored and shown, whatever they are."""

    video: bool = option(
        False, flag="--video/--no-video", group="Clips", help="Also make a clip in which the solution comes about."
    )
    frames: int = option(81, group="Clips", help="Frames of a clip: 4k+1, at least 5.")
    fps: int = option(16, low=1, high=120, group="Clips", help="Frames per second of a clip.")
    clip_size: tuple[int, int] = option(
        (480, 480), group="Clips",
        help="Size of a clip in pixels, multiples of 32; the puzzle lies in the middle, as large as fits.",
    )  # fmt: skip
    samples_per_shard: int = option(256, low=1, group="The dataset", help="Samples in one shard.")
    layout: Layout = option(
        "shards", group="The dataset",
        help="WebDataset shards, or the VLMPuzzle folder tree with a data.json for each kind of puzzle.",
    )  # fmt: skip
    # It affects the output: the page is one of the artifact's files, and its bytes depend on this.
    preview: int = option(
        4, low=0, high=100, group="The dataset",
        help="Samples of each kind in preview.html, with their prompts; 0 makes no such page.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        """Refuse a clip that a video trainer would crop or truncate."""
        check_clip(Clip(self.frames, self.fps, self.clip_size))

    @property
    def clip(self) -> Clip | None:
        """The form of the clips, or None without clips."""
        return Clip(self.frames, self.fps, self.clip_size) if self.video else None


def check_clip(clip: Clip) -> None:
    """Refuse a clip that a video trainer would crop or truncate."""
    from vtb.media.frame_count import valid_frame_count

    if not valid_frame_count(clip.frames):
        raise UsageProblem(f"--frames {clip.frames}: video models take 4k+1 frames, at least 5, for example 81")
    width, height = clip.size
    if width % 32 or height % 32 or not (32 <= width <= 4096 and 32 <= height <= 4096):
        raise UsageProblem(f"--clip-size {width}x{height}: both sides must be multiples of 32, from 32 to 4096")


def expected_distinct(space: float, draws: int) -> float:
    """How many different values so many uniform draws from a space give on average."""
    return space * -math.expm1(draws * math.log1p(-1 / space)) if space > 1 else 1.0


def generate(
    run: Run, options: StageOptions, name: str, streams: Sequence[Stream], form: FormOptions, *,
    reasoning: bool = False, inputs: Sequence[InputEntry] = (),
) -> None:  # fmt: skip
    """Make what is missing of the artifact.

    Args:
        run: what the common options said.
        options: what the command's own options said, for the manifest.
        name: what is made: a family, or a word for several.
        streams: the samples.
        form: how they are stored and shown.
        reasoning: also make the picture with printed names.
        inputs: what the samples are made from, besides the options.
    """
    from vtb_generate.finalize import describe_whole  # pages and plots, which a help text does without

    recipe = Recipe(name, tuple(streams), run.seed, reasoning, form.layout, run.stage.command, form.preview)
    tasks, plan = plan_shards(recipe, form.samples_per_shard), run.plan(options, inputs)
    run.make_shards(
        plan, tasks, make_shard, lambda output: partial(describe_whole, output, recipe),
        what="samples", summary=f"{recipe.total} samples",
    )  # fmt: skip
