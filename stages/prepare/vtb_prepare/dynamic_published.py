"""From questions in the forms of the DSR Suite, and their videos, to shards of rows."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from vtb.artifact.output import file_sha256
from vtb.datasets.asked import Asked, known_seconds
from vtb.datasets.chunk import Loaded
from vtb.datasets.video_folder import find_videos
from vtb.errors import BadInput
from vtb.formats.shared_frames import frame_name
from vtb.media.timed_frames import timed_from
from vtb.media.video import UnreadableVideo
from vtb.report.card import OTHER
from vtb.rng import stable_fraction
from vtb.stage.executor import ShardResult, Task, Tick
from vtb.stage.run import Run
from vtb.tasks.example import Example
from vtb_prepare.by_video import Group, by_video, encoded, inputs_of, looks_known
from vtb_prepare.dynamic_benchmark import benchmark_inputs, benchmark_names, is_rendered, warn_unchecked
from vtb_prepare.dynamic_options import Options
from vtb_prepare.dynamic_questions import bare_name, read_questions
from vtb_prepare.dynamic_rows import ShardRows, Source
from vtb_prepare.latent_rows import MOST_NAMED
from vtb_prepare.quality import quality_gate

log = logging.getLogger("vtb.prepare")


@dataclass(frozen=True)
class ShardWork:
    """The videos behind one shard of rows, with the questions about each."""

    number: int
    videos: Group[Example]
    options: Options
    salt: str


def of_published(run: Run, options: Options) -> Source:
    """Shards of the questions of a file.

    Raises:
        BadInput: no question is left.
        QualityGate: too many cannot be used.
    """
    assert options.questions is not None  # the options and the command see to both
    assert options.videos is not None
    asked, odd = read_questions(options.questions)
    for one in odd[:MOST_NAMED]:
        log.warning("left out: %s", one)
    quality_gate(odd, len(asked) + len(odd), options.max_bad, "questions cannot be used")
    theirs = benchmark_names(options.benchmark_questions)
    warn_unchecked(options, rendered=all(is_rendered(bare_name(one.video)) for one in asked))
    known = {one.video for one in asked if bare_name(one.video) in theirs}
    videos = find_videos(options.videos)
    groups, missing = by_video(((one.video, one.example) for one in asked if one.video not in known), videos.find)
    if not groups:
        raise BadInput(f"{options.questions}: no question is left whose video is below {options.videos}")
    named = [("dynamic-questions", options.questions, file_sha256(options.questions))]
    named += [("videos", options.videos, videos.digest), *benchmark_inputs(options)]
    tasks = [
        Task(
            f"shards/{number:05d}.jsonl", sum(len(some) for *_, some in group),
            ShardWork(number, group, options, f"split/{run.seed}"),
        )
        for number, group in enumerate(groups)
    ]  # fmt: skip
    return Source(inputs_of(named), tasks, make_shard, lambda: OTHER, odd, missing, sorted(known))


def make_shard(work: ShardWork, tick: Tick) -> ShardResult:
    """Rows with the frames of their videos, each of which is decoded once."""
    rows, options = ShardRows(work.number, len(work.videos)), work.options
    for name, place, examples in work.videos:
        tick(len(examples))
        try:
            frames, seconds = timed_from(place, options.frames, options.frame_pixels)
        except UnreadableVideo as error:
            rows.bad.append(f"{name}: {error}")
            continue
        if looks_known(frames, options.benchmark_videos):
            rows.known.append(name)
            continue
        files = tuple(encoded(frames, options.frame_pixels))
        names = tuple(map(frame_name, range(len(files))))
        asked = (Asked("frames", names, files, known_seconds([round(one, 6) for one in seconds])),)
        split = "val" if stable_fraction(bare_name(name), work.salt) < options.val else "train"
        for example in examples:
            rows.add(Loaded(example, frames[0], asked, None), asked, split)
    return rows.result()
