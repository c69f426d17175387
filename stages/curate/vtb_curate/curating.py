"""Judging, choosing and writing puzzles."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from vtb.artifact import FileEntry, Manifest, ShardEntry
from vtb.artifact.output import Output
from vtb.datasets.chunk import Chunk
from vtb.datasets.folder_layout import LAYOUT, write_data_files
from vtb.datasets.readers import chunks, describe_input, splits_in_words
from vtb.errors import BadInput, QualityGate
from vtb.report.card import DatasetCard, license_of, uses, write_card
from vtb.report.dataset import PAGES
from vtb.report.features import FOLDER_FEATURES, shard_features
from vtb.stage.executor import Task, finish, make_missing
from vtb.stage.run import Run
from vtb.stage.sharding import ShardRange
from vtb_curate.choose import Choice, Rules, check_quality, choose
from vtb_curate.contamination import benchmark_keys
from vtb_curate.curate_options import Layout, Options
from vtb_curate.pages import pages
from vtb_curate.verdicts import ShardWork, judge_shard, plan_verdicts, read_verdicts
from vtb_curate.write import ENDINGS, Source, make_shard, plan_quarantine, plan_splits

log = logging.getLogger("vtb.curate")


def make_curated(run: Run, options: Options) -> None:
    """Make what is missing of the artifact, or say what would be made."""
    entries = [describe_input(uri, run.stage.reads) for uri in run.inputs]
    inputs = [chunks(entry) for entry in entries]
    tell_lost_splits(inputs)
    kept_out = [describe_input(uri) for uri in options.benchmark]
    plan = run.plan(options, [*entries, *kept_out])
    if run.dry_run:
        rows = sum(chunk.rows for found in inputs for chunk in found)
        run.say_plan(plan, f"what is good of {rows} samples, in splits train, val and test")
        return
    output = run.begin(plan)
    if output is not None:
        with run.withdrawing(output):
            keys = benchmark_keys(kept_out)
            rules = Rules(options.val, options.test, options.difficulty, f"split/{run.seed}", keys)
            made = curate(run, output, inputs, rules, options)
        run.say_done(output, made)


def curate(run: Run, output: Output, inputs: Sequence[Sequence[Chunk]], rules: Rules, options: Options) -> Manifest:
    """Judge all, choose, write; a rerun repeats only what is missing."""
    alone = ShardRange()
    judging = plan_verdicts(inputs)
    make_missing(output, judging, judge_shard, part=alone, workers=run.workers, what="judged")
    verdicts = (verdict for task in judging for verdict in read_verdicts(output.store.get_bytes(task.path)))
    try:
        choice = choose(verdicts, rules)
        check_quality(choice, options.max_bad, output.uri)
    except BadInput:  # with these options always
        output.withdraw(shards_too=True)
        raise
    every = sources(output, judging)
    damaged = [source.chunk for source in every if not source.whole]
    if damaged and "max_bad" not in options.given:
        raise QualityGate(damage_in_words(damaged))
    tell(choice)
    size, layout = options.samples_per_shard, options.layout
    good, bad = plan_splits(choice, every, size, layout), plan_quarantine(choice, every, size)
    make_missing(output, [*good, *bad], make_shard, part=alone, workers=run.workers, what="written")
    extra = output.read_shards([*(task.path for task in judging), *(task.path for task in bad)])
    shown = pages(f"{choice.rows:,} curated puzzles", choice, every)
    license = license_of(run.inputs)
    return finish(output, good, lambda shards: describe_whole(output, layout, choice, shards, extra, shown, license))


def tell_lost_splits(inputs: Sequence[Sequence[Chunk]]) -> None:
    """Name the splits of the inputs: a puzzle's own split follows from the puzzle, so a test may end up in train."""
    for found in inputs:
        if any(chunk.split for chunk in found):
            words = "%s: its splits are not kept, puzzles are split anew: %s; to keep a benchmark out, give --benchmark"
            log.warning(words, found[0].uri, splits_in_words(found))


def sources(output: Output, judging: Sequence[Task[ShardWork]]) -> list[Source]:
    """The chunks of all inputs, and whether they were whole when they were judged."""
    verdicts = output.read_shards([task.path for task in judging])
    return [
        Source(task.work.chunk, "damaged" not in shard.stats) for task, shard in zip(judging, verdicts, strict=True)
    ]


def damage_in_words(damaged: Sequence[Chunk]) -> str:
    """What a run says that nobody allowed to read around damage."""
    first = f"{damaged[0].uri}/{damaged[0].path}: its content is not what its manifest says"
    others = f", and {len(damaged) - 1} other shards" if len(damaged) > 1 else ""
    return f"{first}{others}: make the artifact again, or go on with what can be read by giving --max-bad"


def tell(choice: Choice) -> None:
    """The counts of everything kept and dropped, one line."""
    counts = choice.metrics()
    words = [f"{split} {count}" for split, count in counts["kept"].items()]
    words += [f"duplicates {where}: {count}" for where, count in counts["duplicates"].items()]
    words += [f"filtered by {figure}: {count}" for figure, count in counts["filtered"].items()]
    words += [f"in the benchmark, {task}: {count}" for task, count in counts["in_benchmark"].items()]
    words += [f"quarantined, {reason}: {count}" for reason, count in counts["quarantined"].items()]
    log.info("of %d samples: %s", choice.total, "; ".join(words))


def describe_whole(
    output: Output,
    layout: Layout,
    choice: Choice,
    shards: Sequence[ShardEntry],
    extra: Sequence[ShardEntry],
    shown: Mapping[str, bytes],
    license: str,
) -> tuple[list[FileEntry], dict[str, Any]]:
    """Card, pages, and the verdicts and quarantine as files of the artifact."""
    counts, ending = choice.metrics(), ENDINGS[layout]
    media = {part: what for shard in shards for part, what in shard.stats.get("media", {}).items()}
    card = DatasetCard(
        title=f"{choice.rows:,} curated puzzles",
        tags=("visual-reasoning", *choice.tasks, *(("webdataset",) if ending == "tar" else ())),
        uses=uses(clips=any(shard.stats["clips"] for shard in shards)),
        license=license,
        rows=sum(shard.rows for shard in shards),
        bytes=sum(shard.all_bytes for shard in shards),
        data_files={split: f"shards/{split}-*.{ending}" for split, count in counts["kept"].items() if count},
        features=shard_features(media) if ending == "tar" else FOLDER_FEATURES,
        layout="" if ending == "tar" else LAYOUT,
        made_with="vtb-curate",
        counts={**counts["kept"], **_dropped(counts)},
        distinct=choice.rows,
        picture="gallery.png",
        pages=PAGES,
    )
    files = [FileEntry(shard.path, shard.bytes, shard.sha256) for shard in extra]
    files.append(output.put("README.md", write_card(card).encode()))
    files += [output.put(name, page) for name, page in shown.items()]
    if layout == "folder":
        files += write_data_files(output, shards)
    return files, {**counts, "media": media} if media else counts


def _dropped(counts: dict[str, Any]) -> dict[str, int]:
    kinds = {"duplicates": "", "filtered": "", "in_benchmark": "in the benchmark, ", "quarantined": ""}
    return {f"dropped: {words}{why}": count for kind, words in kinds.items() for why, count in counts[kind].items()}
