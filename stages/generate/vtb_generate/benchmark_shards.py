"""From rendered scenes to a folder in the published form of a benchmark."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import partial

from vtb.stage.executor import ShardResult, Task, Tick
from vtb.stage.run import Run
from vtb.stage.sharding import in_parts
from vtb_generate.benchmark_rows import LAYOUTS
from vtb_generate.benchmark_whole import describe_whole
from vtb_generate.dynamic_options import Options
from vtb_generate.dynamic_videos import Rendered
from vtb_generate.shards import one_thread


@dataclass(frozen=True)
class ShardWork:
    """The scenes of one shard."""

    layout: str
    scenes: Rendered
    numbers: range


def make_folder(run: Run, options: Options) -> None:
    """Make what is missing of the artifact."""
    scenes = Rendered.of(options, run.seed, clips=True)
    tasks = [
        Task(f"shards/{index:05d}.jsonl", len(part), ShardWork(options.layout, scenes, part))
        for index, part in enumerate(in_parts(len(scenes), options.videos_per_shard))
    ]
    run.make_shards(
        run.plan(options), tasks, make_shard, lambda output: partial(describe_whole, output, options),
        what="scenes", summary=f"questions of {options.layout} about {len(scenes)} scenes",
    )  # fmt: skip


def make_shard(work: ShardWork, tick: Tick) -> ShardResult:
    """The rows of one shard, the videos beside it, and what is asked how often."""
    one_thread()
    lines, videos, kinds = list[str](), dict[str, bytes](), Counter[str]()
    for number in work.numbers:
        asked = LAYOUTS[work.layout](work.scenes, number)
        kinds.update(kind for kind, _ in asked.rows)
        lines += [json.dumps(row) + "\n" for _, row in asked.rows]
        videos |= asked.videos
        tick(1)
    return ShardResult("".join(lines).encode(), len(lines), videos, {"kinds": dict(kinds), "scenes": len(work.numbers)})
