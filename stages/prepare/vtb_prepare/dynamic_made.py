"""From questions that were made here (``vtb-gen-dynamic``), with their frames, to shards of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

from vtb.artifact import read_manifest
from vtb.datasets.asked import Asked
from vtb.datasets.chunk import Loaded
from vtb.datasets.readers import chunks, describe_input
from vtb.datasets.shown import read_shown
from vtb.media.image import decode_image
from vtb.report.card import license_of
from vtb.stage.executor import ShardResult, Task, Tick
from vtb.stage.run import Run
from vtb.tasks.registry import task_of
from vtb_prepare.by_video import inputs_of, looks_known
from vtb_prepare.dynamic_benchmark import benchmark_inputs, benchmark_names, warn_unchecked
from vtb_prepare.dynamic_options import Options
from vtb_prepare.dynamic_questions import bare_name
from vtb_prepare.dynamic_rows import ShardRows, Source
from vtb_prepare.splits import ShardWork, plan_shards, to_learn_from

MAKER = "vtb-gen-dynamic"
Shown = tuple[Loaded, tuple[Asked, ...]]


@dataclass(frozen=True)
class Theirs:
    """Videos that no model may learn from: by name without folders, and by looks."""

    names: frozenset[str]
    videos: Path | None

    def has(self, name: str, asked: Sequence[Asked]) -> bool:
        """Whether a video, by what a question about it shows, is one of them."""
        if bare_name(name) in self.names:
            return True
        return self.videos is not None and looks_known(
            [decode_image(file) for one in asked for file in one.files], self.videos
        )


def of_made(run: Run, options: Options) -> Source:
    """Shards of the questions of artifacts."""
    entries = [describe_input(uri, run.stage.reads) for uri in run.inputs]
    found = to_learn_from([chunk for entry in entries for chunk in chunks(entry)], run.inputs)
    theirs = Theirs(benchmark_names(options.benchmark_questions), options.benchmark_videos)
    warn_unchecked(options, rendered=all(map(_rendered, run.inputs)))
    tasks: Sequence[Task[ShardWork]] = plan_shards(found, options.val, run.seed)
    inputs = [*entries, *inputs_of(benchmark_inputs(options))]
    return Source(inputs, tasks, partial(make_shard, theirs), partial(license_of, run.inputs))


def _rendered(uri: str) -> bool:
    plan = read_manifest(uri).plan
    return plan.stage == MAKER and plan.config.get("backend") == "synthetic"


def make_shard(theirs: Theirs, work: ShardWork, tick: Tick) -> ShardResult:
    """Rows with the frames that the artifact has; a video is judged by what the first question about it shows."""
    rows = ShardRows(work.number)
    for name, some in groupby(read_shown(work.chunk, rows.bad), video_of):
        rows.videos += 1
        known = False
        for place, (loaded, asked) in enumerate(some):
            tick(1)
            known = theirs.has(name, asked) if place == 0 else known
            if not known:
                rows.add(loaded, asked, work.split_of(loaded.example))
        rows.known += [name] if known else []
    return rows.result()


def video_of(shown: Shown) -> str:
    """The video that a question is about."""
    example = shown[0].example
    return task_of(example).split_key(example.payload)
