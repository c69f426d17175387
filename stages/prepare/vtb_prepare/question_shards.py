"""From a published benchmark about videos to an artifact of questions."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import structs

from vtb.artifact import FileEntry, ShardEntry
from vtb.artifact.output import Output
from vtb.benchmarks.registry import Asking, Benchmark, find_benchmark
from vtb.datasets.video_folder import find_videos
from vtb.errors import BadInput
from vtb.formats.shared_frames import fold, frame_name
from vtb.formats.webdataset import Sample, write_tar
from vtb.media.video import UnreadableVideo
from vtb.puzzles.sample import EXAMPLE
from vtb.report.card import DatasetCard, write_card
from vtb.report.features import shard_features
from vtb.stage.executor import ShardResult, Task, Tick
from vtb.stage.run import Run
from vtb.tasks.example import ASKED, Example, Media, encode_example
from vtb_prepare.by_video import Group, by_video, check_quality, encoded
from vtb_prepare.question_source import find_source
from vtb_prepare.questions_options import Options
from vtb_prepare.views import finder, shown_frames

log = logging.getLogger("vtb.prepare")


@dataclass(frozen=True)
class ShardWork:
    """The videos behind one shard, with the examples that ask about each."""

    videos: Group[Example]
    options: Options


@dataclass(frozen=True)
class Lost:
    """The videos that are not there, and how many questions of each task ask about them."""

    videos: Sequence[str]
    questions: Counter[str]


def make_questions(run: Run, options: Options) -> None:
    """Make what is missing of the artifact."""
    benchmark, source = find_benchmark(options.benchmark), find_source(run, options)
    if source is None:
        return
    videos = find_videos(source.videos)
    asked = [(one.video, one.example) for one in read(benchmark, source.questions)]
    groups, missing = by_video(asked, finder(videos, benchmark.views))
    lost = Lost(missing, Counter(example.task for name, example in asked if name in set(missing)))
    if not groups:
        raise BadInput(f"{source.videos}: holds none of the videos that {source.questions} asks about")
    tasks = [
        Task(f"shards/{number:05d}.tar", sum(len(asked) for *_, asked in group), ShardWork(group, options))
        for number, group in enumerate(groups)
    ]
    run.make_shards(
        run.plan(options, source.inputs(options.benchmark, videos.digest)), tasks, make_shard,
        lambda output: partial(describe, output, benchmark, lost, options),
        what="questions", summary=f"{sum(task.rows for task in tasks)} questions with frames",
    )  # fmt: skip


def read(benchmark: Benchmark, path: Path) -> Sequence[Asking]:
    """The benchmark's questions."""
    assert benchmark.read is not None  # the option offers no others
    return [one for one in benchmark.read(path) if isinstance(one, Asking)]


def make_shard(work: ShardWork, tick: Tick) -> ShardResult:
    """The questions about some videos, and the frames of each once."""
    samples, bad, lost, options = list[Sample](), list[str](), Counter[str](), work.options
    views = find_benchmark(options.benchmark).views
    for name, place, examples in work.videos:
        tick(len(examples))
        try:
            shown, seconds = shown_frames(place, views, options.frames, options.frame_pixels)
        except UnreadableVideo as error:
            bad.append(f"{name}: {error}")
            lost.update(example.task for example in examples)
            continue
        frames = encoded(shown, options.frame_pixels)
        parts = {frame_name(number): frame for number, frame in enumerate(frames)}
        media = asked_media(list(parts), seconds, options.show)
        whole = (structs.replace(example, media=media) for example in examples)
        samples += [Sample(example.key, {EXAMPLE: encode_example(example), **parts}) for example in whole]
    told = {
        "bad": bad,
        "lost": dict(lost),
        "videos": len(work.videos),
        "tasks": sorted({e.task for *_, asked in work.videos for e in asked}),
    }
    return ShardResult(write_tar(fold(samples)), len(samples), stats=told)


def asked_media(parts: Sequence[str], seconds: Sequence[float], show: str) -> tuple[Media, ...]:
    """The frames of a video as so many pictures, or as one clip with its seconds, where they are known."""
    if show == "images":
        return tuple(Media(ASKED, "image", part) for part in parts)
    times: list[float | None] = [round(one, 6) for one in seconds] or [None] * len(parts)
    return tuple(Media(ASKED, "frame", part, time) for part, time in zip(parts, times, strict=True))


def describe(
    output: Output, benchmark: Benchmark, lost: Lost, options: Options, shards: Sequence[ShardEntry]
) -> tuple[list[FileEntry], dict[str, Any]]:
    """A card, unless too many videos are missing or damaged."""
    videos = sum(shard.stats["videos"] for shard in shards) + len(lost.videos)
    bad = check_quality(lost.videos, [one for shard in shards for one in shard.stats["bad"]], videos, options.max_bad)
    rows, tasks = sum(shard.rows for shard in shards), sorted({task for s in shards for task in s.stats["tasks"]})
    if not rows:
        output.withdraw(shards_too=True)
        raise BadInput(f"{output.plan.inputs[-1].uri}: every video is damaged")
    frames = options.frames if benchmark.views is None else len(benchmark.views.names) * benchmark.views.frames
    card = DatasetCard(
        title=f"{rows:,} questions of {benchmark.name}",
        tags=("visual-reasoning", "webdataset", *tasks),
        license="other",
        rows=rows,
        bytes=sum(shard.bytes for shard in shards),
        data_files={"test": "shards/*.tar"},
        features=shard_features(timed=options.show == "video"),
        made_with="vtb-prepare questions",
        counts={"test": rows},
        picture=None,
        layout=f"In a shard, the {frames} frames of a video are one sample; the questions about it follow.",
    )
    every = sum((Counter(shard.stats["lost"]) for shard in shards), lost.questions)
    metrics = {"questions": rows, "bad": bad, "without_video": dict(sorted(every.items()))}
    return [output.put("README.md", write_card(card).encode())], metrics
