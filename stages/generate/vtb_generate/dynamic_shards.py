"""From videos to shards of questions with their frames."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from vtb.artifact import InputEntry
from vtb.datasets.video_folder import find_videos
from vtb.datasets.videos.reader import read_videos
from vtb.dynamic.wording import Boxes
from vtb.errors import BadInput, NotAvailable
from vtb.formats.shared_frames import fold, frame_name
from vtb.formats.webdataset import Sample, write_tar
from vtb.media.image import encode_rgb
from vtb.media.video import UnreadableVideo
from vtb.perception.weight_folder import check_folder
from vtb.puzzles.sample import EXAMPLE
from vtb.stage.executor import ShardResult, Task, Tick
from vtb.stage.run import Run
from vtb.stage.sharding import in_parts
from vtb.store import open_store
from vtb.tasks.example import encode_example
from vtb_generate.dynamic_freeform import Freeform, freeform_of
from vtb_generate.dynamic_options import Options
from vtb_generate.dynamic_rows import WORDS, Coordinates, example_of_question, from_templates, line_of
from vtb_generate.dynamic_videos import Own, OwnVideo, Rendered, Videos
from vtb_generate.dynamic_whole import describe_whole
from vtb_generate.shards import one_thread

log = logging.getLogger("vtb.generate")
QUALITY = 90  # of the JPEG files


@dataclass(frozen=True)
class ShardWork:
    """The videos of one shard."""

    videos: Videos
    numbers: range
    boxes: Boxes
    seed: int
    freeform: Freeform | None = None


def make_questions(run: Run, options: Options) -> None:
    """Make what is missing of the artifact."""
    videos: Videos
    inputs: list[InputEntry]
    if options.backend == "synthetic":
        videos, inputs = Rendered.of(options, run.seed, clips=options.clips), []
    else:
        videos, inputs = _own(run, options)
    freeform, requests = freeform_of(options, run.seed), len(videos) * options.freeform
    asks = f", with {requests} requests or more" if requests else ""
    tasks = [
        Task(f"shards/{index:05d}.tar", len(part), ShardWork(videos, part, options.boxes, run.seed, freeform))
        for index, part in enumerate(in_parts(len(videos), options.videos_per_shard))
    ]
    run.make_shards(
        run.plan(options, inputs), tasks, make_shard, lambda output: partial(describe_whole, output, options),
        what="videos", summary=f"questions about {len(videos)} videos{asks}",
        workers=1 if options.backend == "models" else None,  # each would hold all models
    )  # fmt: skip


def make_shard(work: ShardWork, tick: Tick) -> ShardResult:
    """The bytes of one shard, the words of its questions beside it, and what became of its videos."""
    one_thread()
    samples, beside, lines, bad = list[Sample](), dict[str, bytes](), list[bytes](), list[str]()
    kinds, rejected = Counter[str](), Counter[str]()
    for number in work.numbers:
        tick(1)
        try:
            video = work.videos.video(number)
        except UnreadableVideo as error:
            bad.append(f"{work.videos.name(number)}: {error}")
            continue
        frames = {frame_name(place): encode_rgb(one, quality=QUALITY) for place, one in enumerate(video.frames)}
        rejected += video.found.rejected
        beside |= video.clips
        coordinates = Coordinates.of(video, work.boxes)
        asked = [*from_templates(video, coordinates)]
        if work.freeform:
            free, given_up = work.freeform.about(video, number, coordinates)
            asked, rejected = [*asked, *free], rejected + given_up
        for place, one in enumerate(asked):
            example = example_of_question(video, one, place, work.seed, number)
            samples.append(Sample(example.key, {EXAMPLE: encode_example(example), **frames}))
            lines.append(msgspec.json.encode(line_of(video, one, coordinates)))
            kinds[one.kind] += 1
    words = f"{WORDS}{work.numbers.start:07d}.jsonl"
    told = {"kinds": dict(kinds), "rejected": dict(sorted(rejected.items())), "bad": bad, "videos": len(work.numbers)}
    return ShardResult(write_tar(fold(samples)), len(samples), {words: b"\n".join([*lines, b""]), **beside}, told)


def check_whole(weights: Path) -> None:
    """Refuse a folder that lacks weights, before anything is read.

    Raises:
        NotAvailable: some are missing.
        BadInput: some are damaged.
    """
    for finding in check_folder(weights):
        if finding.missing:
            raise NotAvailable(f"--weights: {finding.missing}")
        if finding.wrong:
            raise BadInput(f"--weights: {finding.wrong}")


def _own(run: Run, options: Options) -> tuple[Videos, list[InputEntry]]:
    """The videos that were chosen and are there."""
    assert options.videos is not None  # the options see to these three
    assert options.about is not None
    assert options.weights is not None
    check_whole(options.weights)
    folder, chosen = find_videos(options.videos), read_videos(options.about)
    found = [
        OwnVideo(one.name, place, one.agents, one.objects)
        for one in chosen
        if one.agents and (place := folder.find(one.name)) is not None and place.is_file()
    ]
    if not found:
        raise BadInput(f"{options.videos}: holds none of the videos with things that act that {options.about} names")
    if len(found) < len(chosen):
        idle = sum(not one.agents for one in chosen)
        missing = len(chosen) - len(found) - idle
        log.warning("left out: %d videos that are not in the folder, %d in which nothing acts", missing, idle)
    named = [(str(options.videos), "videos", folder.digest), (options.about, "videos", _digest(chosen)),
             (str(options.weights), "weights", _digest(_sizes(options.weights)))]  # fmt: skip
    inputs = [InputEntry(open_store(uri).uri, kind, digest) for uri, kind, digest in named]
    return Own(
        tuple(found), options.weights, options.device, run.seed, options.questions, options.frames,
        options.frame_pixels, options.margin,
    ), inputs  # fmt: skip


def _digest(content: object) -> str:
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()


def _sizes(folder: Path) -> list[tuple[str, int]]:
    """Of all files, since hashing gigabytes takes minutes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [(path.relative_to(folder).as_posix(), path.stat().st_size) for path in files]
