"""The dataset: from either source to its shards, and from these to the files of ms-swift."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

from vtb.artifact import FileEntry, ShardEntry
from vtb.artifact.output import Output
from vtb.errors import BadInput, UsageProblem
from vtb.formats.swift import grpo_row, sft_row
from vtb.stage.run import Run
from vtb_prepare.by_video import check_quality
from vtb_prepare.dynamic_made import of_made
from vtb_prepare.dynamic_options import Options
from vtb_prepare.dynamic_published import of_published
from vtb_prepare.dynamic_rows import Source, card_of
from vtb_prepare.splits import SPLITS
from vtb_prepare.swift_files import Row, put_rows

log = logging.getLogger("vtb.prepare")


def make_dataset(run: Run, options: Options) -> None:
    """Make what is missing of the artifact.

    Raises:
        UsageProblem: there is not exactly one source.
    """
    if bool(run.inputs) == (options.questions is not None):
        raise UsageProblem("give either questions artifacts with --input, or files with --questions and --videos")
    source = (of_made if run.inputs else of_published)(run, options)
    run.make_shards(
        run.plan(options, source.inputs), source.tasks, source.make,
        lambda output: partial(combine, output, options, source),
        what="rows", summary=f"{sum(task.rows for task in source.tasks)} rows with frames",
    )  # fmt: skip


class NamedOnce:
    """The rows for grpo, no two of one name: a judge is found by it."""

    def __init__(self) -> None:
        """No row is known yet."""
        self._names = set[str]()

    def __call__(self, row: Row) -> Row:
        """The row.

        Raises:
            BadInput: there was one of its name.
        """
        name = row["id"]
        if name in self._names:
            raise BadInput(f"two questions are named {name[:100]}: make one of the inputs with another --seed")
        self._names.add(name)
        return grpo_row(row)


def combine(
    output: Output, options: Options, source: Source, shards: Sequence[ShardEntry]
) -> tuple[list[FileEntry], dict[str, Any]]:
    """The engine's files and a card, unless too many videos are missing or damaged."""
    videos = sum(shard.stats["videos"] for shard in shards) + len(source.missing)
    damaged = [one for shard in shards for one in shard.stats["bad"]]
    bad = check_quality(source.missing, damaged, videos, options.max_bad)
    counts = {split: sum(shard.stats["splits"].get(split, 0) for shard in shards) for split in SPLITS}
    if not sum(counts.values()):
        output.withdraw(shards_too=True)
        raise BadInput("no question is left: every video is one of a benchmark's, or damaged")
    if options.val and not counts["val"]:
        log.warning("val is empty, and a training has nothing to look at: raise --val, or give more videos")
    types = sum((Counter(shard.stats["types"]) for shard in shards), Counter[str]())
    ordered = dict(sorted(types.items()))
    try:
        files = put_rows(output, shards, {"sft": sft_row, "grpo": NamedOnce()}, {})
    except BadInput:
        output.withdraw(shards_too=True)
        raise
    card = card_of(shards, counts, ordered, source.license()).encode()
    known = [*source.known, *(one for shard in shards for one in shard.stats["benchmark_videos"])]
    if known:
        log.warning("left out: %d videos of a benchmark, the first: %s", len(known), known[0])
    return [*files, output.put("README.md", card)], {
        "rows": counts, "types": ordered, "left_out": list(source.odd), "bad": bad, "of_the_benchmark": known,
    }  # fmt: skip
