"""``vtb-curate``: from generated puzzles to a data set one can train and test on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import click

from vtb.artifact import FileEntry, Manifest, ShardEntry, read_manifest
from vtb.artifact.output import Output
from vtb.datasets.readers import describe_input
from vtb.errors import UsageProblem
from vtb.report.card import DatasetCard, write_card
from vtb.stage.command import stage_command
from vtb.stage.declaration import Resources, Stage
from vtb.stage.executor import finish, make_missing
from vtb.stage.options import Finite, RangeType, VtbOption
from vtb.stage.run import Run, input_entry
from vtb.stage.sharding import ShardRange
from vtb_curate.choose import Choice, Rules, check_quality, choose
from vtb_curate.contact_sheet import sheet
from vtb_curate.contamination import benchmark_keys
from vtb_curate.verdicts import judge_shard, plan_verdicts, read_verdicts
from vtb_curate.write import make_shard, plan_quarantine, plan_splits

log = logging.getLogger("vtb.curate")

STAGE = Stage(
    command="vtb-curate",
    summary="Judge, de-duplicate, filter and split puzzles.",
    version=2,
    image="vtb/curate",
    reads=("puzzles",),
    many_inputs=True,
    writes=("puzzles",),
    resources=Resources(cpu="2", memory="4Gi"),
)
SHARE = Finite(0, 1)

OPTIONS: list[click.Option] = [
    VtbOption(["--val"], type=SHARE, default=0.05, help="Share of the puzzles that goes into the val split."),
    VtbOption(["--test"], type=SHARE, default=0.05, help="Share that goes into the test split; the rest is train."),
    VtbOption(["--difficulty"], type=RangeType(), multiple=True,
              help="Keep only puzzles with this figure in this range, ends included, for example "
                   "path_length=10..40 or turns=3.. ; may be repeated."),
    VtbOption(["--benchmark"], multiple=True, metavar="PATH|URI", affects_output=False,
              help="Drop every puzzle that is one of these: a folder with data.json, the hub's parquet files, or a "
                   "puzzles artifact; may be repeated."),
    VtbOption(["--max-bad"], type=SHARE, default=0.01, affects_output=False,
              help="Largest share of bad samples to go on with; above it the command exits 5."),
    VtbOption(["--samples-per-shard"], type=click.IntRange(1), default=256, help="Samples in one shard."),
]  # fmt: skip


@stage_command(STAGE, params=OPTIONS)
def main(
    run: Run, val: float, test: float, difficulty: tuple[tuple[str, float, float], ...], benchmark: tuple[str, ...],
    max_bad: float, samples_per_shard: int,
) -> None:  # fmt: skip
    """Judge, de-duplicate, filter and split puzzles.

    Every sample is judged anew by its family: a picture, answer or clip that its own judge does not accept is put
    into quarantine with the reason. Repeated puzzles are dropped, within and across inputs, and so are those of a
    benchmark. The split of a puzzle
    depends on the puzzle alone, so it never moves when data is added.

    Example: vtb-curate --input out/mazes --output out/curated
    """
    if val + test > 1:
        raise UsageProblem(f"--val {val:g} and --test {test:g} are more than everything together")
    manifests = [(uri, read_manifest(uri, STAGE.reads)) for uri in run.inputs]
    check_layout(manifests)
    kept_out = [describe_input(uri) for uri in benchmark]
    plan = run.plan([*(input_entry(uri, STAGE.reads) for uri in run.inputs), *kept_out])
    if run.dry_run:
        rows = sum(manifest.rows for _, manifest in manifests)
        run.say_plan(plan, f"what is good of {rows} samples, in splits train, val and test")
        return
    output = run.begin(plan)
    if output is not None:
        rules = Rules(val, test, difficulty, f"split/{run.seed}", benchmark_keys(kept_out))
        run.say_done(output, curate(run, output, manifests, rules, max_bad, samples_per_shard))


def check_layout(manifests: Sequence[tuple[str, Manifest]]) -> None:
    """The folder layout is for other programs; it has no shards of samples to read."""
    for uri, manifest in manifests:
        if manifest.shards and not manifest.shards[0].path.endswith(".tar"):
            raise UsageProblem(f"{uri}: was made with --layout folder: make it with --layout shards to curate it")


def curate(
    run: Run, output: Output, manifests: Sequence[tuple[str, Manifest]], rules: Rules, max_bad: float, per_shard: int
) -> Manifest:
    """Judge all, choose, write; a rerun repeats only what is missing."""
    alone = ShardRange()
    judging = plan_verdicts(manifests)
    make_missing(output, judging, judge_shard, part=alone, workers=run.workers, what="judged")
    verdicts = (verdict for task in judging for verdict in read_verdicts(output.store.get_bytes(task.path)))
    choice = choose(verdicts, rules)
    check_quality(choice, max_bad, output.uri)
    tell(choice)
    uris = [uri for uri, _ in manifests]
    good, bad = plan_splits(choice, uris, per_shard), plan_quarantine(choice, uris, per_shard)
    make_missing(output, [*good, *bad], make_shard, part=alone, workers=run.workers, what="written")
    extra = output.read_shards([*(task.path for task in judging), *(task.path for task in bad)])
    return finish(output, good, lambda shards: describe_whole(output, choice, shards, extra))


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
    output: Output, choice: Choice, shards: Sequence[ShardEntry], extra: Sequence[ShardEntry]
) -> tuple[list[FileEntry], dict[str, Any]]:
    """Card, contact sheet, and the verdicts and quarantine as files of the artifact."""
    counts = choice.metrics()
    card = DatasetCard(
        title=f"{sum(counts['kept'].values()):,} curated puzzles",
        tags=("visual-reasoning", "webdataset"),
        rows=sum(shard.rows for shard in shards),
        bytes=sum(shard.bytes for shard in shards),
        data_files={split: f"shards/{split}-*.tar" for split, count in counts["kept"].items() if count},
        made_with="vtb-curate",
        counts={**counts["kept"], **_dropped(counts)},
        distinct=sum(counts["kept"].values()),
    )
    files = [FileEntry(shard.path, shard.bytes, shard.sha256) for shard in extra]
    files.append(output.put("README.md", write_card(card).encode()))
    files.append(output.put("contact_sheet.png", sheet(output.store, shards)))
    return files, counts


def _dropped(counts: dict[str, Any]) -> dict[str, int]:
    kinds = {"duplicates": "", "filtered": "", "in_benchmark": "in the benchmark, ", "quarantined": ""}
    return {f"dropped: {words}{why}": count for kind, words in kinds.items() for why, count in counts[kind].items()}
