"""From a published benchmark about pictures to an artifact of questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from msgspec import structs

from vtb.artifact import FileEntry, ShardEntry
from vtb.artifact.output import Output, file_sha256
from vtb.benchmarks.registry import Asking, Benchmark, find_benchmark
from vtb.errors import BadInput
from vtb.formats.webdataset import Sample, write_tar
from vtb.puzzles.sample import EXAMPLE
from vtb.report.card import DatasetCard, write_card
from vtb.report.features import shard_features
from vtb.stage.executor import ShardResult, Task, Tick
from vtb.stage.run import Run
from vtb.tasks.example import ASKED, Media, encode_example
from vtb_prepare.by_video import inputs_of
from vtb_prepare.latent_pictures import Pictures
from vtb_prepare.pictures import check_bad, find_pictures, in_shards, sorted_out, stored_pictures
from vtb_prepare.questions_options import Options


@dataclass(frozen=True)
class ShardWork:
    """Some questions, and where their pictures lie."""

    asked: tuple[Asking, ...]
    pictures: Pictures | None


@dataclass(frozen=True)
class Said:
    """What is known before the shards are made: questions in all, those without pictures, rows that are left out."""

    total: int
    lacking: Sequence[str]
    left_out: Mapping[str, int]


def make_picture_questions(run: Run, options: Options) -> None:
    """Make what is missing of the artifact."""
    benchmark = find_benchmark(options.benchmark)
    assert benchmark.read is not None  # the options see to both
    assert options.questions is not None
    asked, left_out = sorted_out(benchmark.read(options.questions))
    if not asked:
        raise BadInput(f"{options.questions}: no row is a question about a picture: {_reasons(left_out)}")
    found = find_pictures(asked, options.images)
    check_bad(found.lacking, len(asked), options.max_bad)
    if not found.whole:
        raise BadInput(f"{options.images}: holds the pictures of no question, the first: {found.lacking[0]}")
    tasks = [
        Task(f"shards/{number:05d}.tar", len(some), ShardWork(some, found.pictures))
        for number, some in enumerate(in_shards(found.whole))
    ]
    named = [(options.benchmark, options.questions, file_sha256(options.questions))]
    named += [("pictures", options.images, found.digest)] if options.images is not None else []
    run.make_shards(
        run.plan(options, inputs_of(named)), tasks, make_shard,
        lambda output: partial(describe, output, benchmark, options, Said(len(asked), found.lacking, left_out)),
        what="questions", summary=f"{len(found.whole)} questions with their pictures",
    )  # fmt: skip


def _reasons(left_out: Mapping[str, int]) -> str:
    return ", ".join(f"{count} rows: {why}" for why, count in left_out.items())


def make_shard(work: ShardWork, tick: Tick) -> ShardResult:
    """Some questions with their pictures; those whose picture is damaged are named."""
    samples, bad, tasks, names = list[Sample](), list[str](), set[str](), set[str]()
    for asking in work.asked:
        tick(1)
        try:
            stored = stored_pictures(asking, work.pictures)
        except BadInput as error:
            bad.append(f"{asking.example.key}: {error}")
            continue
        parts = {f"picture.{number:03d}{ending}": data for number, (ending, data) in enumerate(stored)}
        media = tuple(Media(ASKED, "image", name) for name in parts)
        example = structs.replace(asking.example, media=media)
        samples.append(Sample(example.key, {EXAMPLE: encode_example(example), **parts}))
        tasks.add(example.task)
        names |= parts.keys()
    told = {"bad": bad, "tasks": sorted(tasks), "parts": sorted(names)}
    return ShardResult(write_tar(samples), len(samples), stats=told)


def describe(
    output: Output, benchmark: Benchmark, options: Options, said: Said, shards: Sequence[ShardEntry]
) -> tuple[list[FileEntry], dict[str, Any]]:
    """A card, unless too many pictures are missing or damaged."""
    damaged = [one for shard in shards for one in shard.stats["bad"]]
    check_bad([*said.lacking, *damaged] if damaged else [], said.total, options.max_bad)  # the others are told already
    rows = sum(shard.rows for shard in shards)
    if not rows:
        output.withdraw(shards_too=True)
        raise BadInput(f"{options.questions}: every picture is damaged, the first: {damaged[0]}")
    card = DatasetCard(
        title=f"{rows:,} questions of {benchmark.name}",
        tags=("visual-reasoning", "webdataset", *sorted({task for shard in shards for task in shard.stats["tasks"]})),
        license="other",
        rows=rows,
        bytes=sum(shard.bytes for shard in shards),
        data_files={"test": "shards/*.tar"},
        features=shard_features(sorted({part for shard in shards for part in shard.stats["parts"]})),
        made_with="vtb-prepare questions",
        counts={"test": rows},
        picture=None,
        layout="Each sample is `<key>.json` (the question, with what it is judged by) and its pictures in their order, "
        "`<key>.picture.000.png` and so on, as they were published.",
    )
    metrics = {"questions": rows, "bad": [*said.lacking, *damaged], "left_out": dict(said.left_out)}
    return [output.put("README.md", write_card(card).encode())], metrics
