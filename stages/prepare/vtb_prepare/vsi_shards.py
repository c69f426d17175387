"""From questions and videos to rows for ms-swift."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from vtb.artifact import FileEntry, ShardEntry
from vtb.artifact.output import Output, file_sha256
from vtb.benchmarks.vsi_bench.questions import Question, read_questions, scenes_of
from vtb.datasets.video_folder import Videos, find_videos
from vtb.errors import BadInput
from vtb.formats.media_tar import pack
from vtb.media.frames import sampled_from
from vtb.media.video import UnreadableVideo
from vtb.rng import stable_fraction
from vtb.stage.executor import ShardResult, Task, Tick
from vtb.stage.run import Run
from vtb_prepare.by_video import Group, by_video, check_quality, encoded, inputs_of, looks_known
from vtb_prepare.splits import SPLITS
from vtb_prepare.swift_files import put_rows
from vtb_prepare.vsi_options import Options
from vtb_prepare.vsi_rows import card_of, grpo_row, row_of, sft_row

log = logging.getLogger("vtb.prepare")


@dataclass(frozen=True)
class ShardWork:
    """The videos behind one shard of rows, with the questions about each."""

    number: int
    scenes: Group[Question]
    options: Options
    salt: str


def make_rows(run: Run, options: Options) -> None:
    """Make what is missing of the artifact."""
    questions, videos = read_questions(options.questions), find_videos(options.videos)
    kept, left_out = without_benchmark(questions, options.benchmark_questions)
    tasks, missing = plan_shards(kept, videos, options, f"split/{run.seed}")
    if not tasks:
        raise BadInput(f"{options.questions}: no question is left whose video is below {options.videos}")
    said = {"benchmark_scenes": left_out, "missing": missing}
    run.make_shards(
        run.plan(options, inputs_of(named_inputs(options, videos))), tasks, make_shard,
        lambda output: partial(combine, output, said, options),
        what="videos", summary=f"{sum(len(q) for task in tasks for *_, q in task.work.scenes)} questions with frames",
    )  # fmt: skip


def named_inputs(options: Options, videos: Videos) -> list[tuple[str, Path, str]]:
    """The questions by their content, the videos by names and sizes."""
    named = [("vsi-questions", options.questions, file_sha256(options.questions))]
    named.append(("videos", options.videos, videos.digest))
    if options.benchmark_questions:
        named.append(("vsi-questions", options.benchmark_questions, file_sha256(options.benchmark_questions)))
    if options.benchmark_videos:
        named.append(("videos", options.benchmark_videos, find_videos(options.benchmark_videos).digest))
    return named


def without_benchmark(questions: Sequence[Question], benchmark: Path | None) -> tuple[list[Question], list[str]]:
    """The questions about scenes that the benchmark has not, and the names of the others."""
    if benchmark is None:
        log.warning("--benchmark-questions is not given: nobody has checked that no scene is one of the benchmark's")
        return list(questions), []
    names = scenes_of(benchmark)
    shared = {question.scene for question in questions if question.scene.rpartition("/")[2] in names}
    if shared:
        log.warning("left out: %d scenes of the benchmark, the first: %s", len(shared), min(shared))
    return [question for question in questions if question.scene not in shared], sorted(shared)


def plan_shards(
    questions: Sequence[Question], videos: Videos, options: Options, salt: str
) -> tuple[list[Task[ShardWork]], list[str]]:
    """One shard of rows per group of videos; and the scenes that have no video."""
    groups, missing = by_video(((question.scene, question) for question in questions), videos.find)
    tasks = [
        Task(f"shards/{number:05d}.jsonl", len(group), ShardWork(number, group, options, salt))
        for number, group in enumerate(groups)
    ]
    return tasks, missing


def make_shard(work: ShardWork, tick: Tick) -> ShardResult:
    """Rows without the last line of their question, and the frames that they show."""
    lines, media, counts, bad, known = [], dict[str, bytes](), dict[str, int](), list[str](), list[str]()
    options = work.options
    for place, (scene, video, questions) in enumerate(work.scenes):
        tick(1)
        try:
            frames = sampled_from(video, options.frames, most_pixels=options.frame_pixels)
        except UnreadableVideo as error:
            bad.append(f"{scene}: {error}")
            continue
        if looks_known(frames, options.benchmark_videos):
            known.append(scene)
            continue
        names = [f"media/{work.number:05d}/{place:04d}-{number:03d}.jpg" for number in range(len(frames))]
        media |= zip(names, encoded(frames, options.frame_pixels), strict=True)
        split = "val" if stable_fraction(scene, work.salt) < options.val else "train"
        counts[split] = counts.get(split, 0) + len(questions)
        lines += [json.dumps(row_of(question, names, split)) + "\n" for question in questions]
    told = {"splits": counts, "bad": bad, "benchmark_videos": known, "videos": len(work.scenes)}
    return ShardResult("".join(lines).encode(), len(lines), {f"media/{work.number:05d}.tar": pack(media)}, told)


def combine(
    output: Output, said: Mapping[str, Sequence[str]], options: Options, shards: Sequence[ShardEntry]
) -> tuple[list[FileEntry], dict[str, Any]]:
    """The engine's files and a card, unless too many videos are missing or damaged."""
    videos = sum(shard.stats["videos"] for shard in shards) + len(said["missing"])
    damaged = [one for shard in shards for one in shard.stats["bad"]]
    bad = check_quality(said["missing"], damaged, videos, options.max_bad)
    counts = {split: sum(shard.stats["splits"].get(split, 0) for shard in shards) for split in SPLITS}
    if not sum(counts.values()):
        output.withdraw(shards_too=True)
        raise BadInput(f"{options.questions}: no question is left: every video is one of the benchmark's, or damaged")
    files = put_rows(output, shards, {"sft": sft_row, "grpo": grpo_row}, {})
    known = [*said["benchmark_scenes"], *(one for shard in shards for one in shard.stats["benchmark_videos"])]
    card = card_of(shards, counts, options.frames).encode()
    return [*files, output.put("README.md", card)], {"rows": counts, "bad": bad, "of_the_benchmark": known}
