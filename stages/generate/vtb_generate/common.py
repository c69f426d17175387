"""What every generating command does the same: check the clip, count on repeats, make what is missing."""

from __future__ import annotations

import math
from functools import partial

from vtb.errors import UsageProblem
from vtb.puzzles import Clip
from vtb.run import Run
from vtb_generate.shards import Recipe, make_shard, plan_shards
from vtb_generate.whole import describe_whole


def check_clip(clip: Clip) -> None:
    """Refuse a clip that a video trainer would crop or truncate."""
    from vtb.video import valid_frame_count

    if not valid_frame_count(clip.frames):
        raise UsageProblem(f"--frames {clip.frames}: video models take 4k+1 frames, at least 5, for example 81")
    width, height = clip.size
    if width % 32 or height % 32 or not (32 <= width <= 4096 and 32 <= height <= 4096):
        raise UsageProblem(f"--clip-size {width}x{height}: both sides must be multiples of 32, from 32 to 4096")


def expected_distinct(space: float, draws: int) -> float:
    """How many different values so many uniform draws from a space give on average."""
    return space * -math.expm1(draws * math.log1p(-1 / space)) if space > 1 else 1.0


def generate(run: Run, recipe: Recipe, samples_per_shard: int) -> None:
    """Make what is missing of the artifact."""
    tasks, plan = plan_shards(recipe, samples_per_shard), run.plan()
    run.make_shards(
        plan, tasks, make_shard, lambda output: partial(describe_whole, output, recipe),
        what="samples", summary=f"{recipe.total} samples",
    )  # fmt: skip
