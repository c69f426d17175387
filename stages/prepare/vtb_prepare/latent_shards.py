"""The latent dataset: from either source to its shards, and from these to the files of the splits."""

from __future__ import annotations

import contextlib
import json
import logging
import tempfile
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from vtb.artifact import FileEntry, ShardEntry
from vtb.artifact.output import Output
from vtb.errors import BadInput, UsageProblem
from vtb.report.card import DatasetCard, write_card
from vtb.stage.run import Run
from vtb_prepare.latent_options import Options
from vtb_prepare.latent_published_shards import of_published
from vtb_prepare.latent_puzzles import of_puzzles
from vtb_prepare.latent_rows import COLUMNS, MOST_NAMED, Source
from vtb_prepare.quality import quality_gate
from vtb_prepare.splits import SPLITS
from vtb_prepare.swift_files import rows_of

log = logging.getLogger("vtb.prepare")
_LISTS = {
    "image_input": "string",
    "sequence_plan": [{"name": name, "dtype": "string"} for name in ("type", "content", "helper_image")],
}


def make_dataset(run: Run, options: Options) -> None:
    """Make what is missing of the artifact.

    Raises:
        UsageProblem: there is not exactly one source.
    """
    if bool(run.inputs) == (options.data is not None):
        raise UsageProblem("give either puzzles with --input, or published rows with --data and --images")
    source = (of_puzzles if run.inputs else of_published)(run, options)
    run.make_shards(
        run.plan(options, source.inputs), source.tasks, source.make,
        lambda output: partial(combine, output, options, source),
        what="rows", summary=f"{sum(task.rows for task in source.tasks)} rows with helper pictures",
    )  # fmt: skip


def combine(
    output: Output, options: Options, source: Source, shards: Sequence[ShardEntry]
) -> tuple[list[FileEntry], dict[str, Any]]:
    """The files of the splits and a card, unless too much cannot be used."""
    bad = check_rows(output, source, shards, options.max_bad)
    counts = {split: sum(shard.stats["splits"].get(split, 0) for shard in shards) for split in SPLITS}
    segments = Counter[int]()
    for shard in shards:
        segments.update({int(count): rows for count, rows in shard.stats["segments"].items()})
    card = _card(shards, counts, source.license()).encode()
    files = [*put_splits(output, shards, counts), output.put("README.md", card)]
    told = {str(count): segments[count] for count in sorted(segments)}
    return files, {"rows": counts, "segments": told, "left_out": bad}


def check_rows(output: Output, source: Source, shards: Sequence[ShardEntry], max_bad: float) -> list[str]:
    """What cannot be used.

    Raises:
        BadInput: nothing else is there.
        QualityGate: it is a larger share than ``--max-bad`` allows.
    """
    bad = [*source.bad, *(one for shard in shards for one in shard.stats["bad"])]
    good = sum(shard.rows for shard in shards)
    for one in bad[:MOST_NAMED]:
        log.warning("left out: %s", one)
    if not good:
        output.withdraw(shards_too=True)
        raise BadInput(f"no row can be used, the first: {bad[0]}" if bad else "no row is of train or val")
    quality_gate(bad, good + len(bad), max_bad, "rows cannot be used")
    return bad


def put_splits(output: Output, shards: Sequence[ShardEntry], counts: dict[str, int]) -> list[FileEntry]:
    """The rows of each split that has any, in the order of the shards."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {split: Path(folder, f"{split}.jsonl") for split, count in counts.items() if count}
        with contextlib.ExitStack() as stack:
            files = {split: stack.enter_context(path.open("w", encoding="ascii")) for split, path in paths.items()}
            for row in rows_of(output, shards):
                files[row.pop("split")].write(json.dumps(row) + "\n")
        return [output.put_file(path.name, path) for path in paths.values()]


def _card(shards: Sequence[ShardEntry], counts: dict[str, int], license: str) -> str:
    rows = sum(counts.values())
    return write_card(
        DatasetCard(
            title=f"{rows:,} answers with helper pictures, for latent visual reasoning",
            tags=("visual-reasoning", *sorted({task for shard in shards for task in shard.stats["tasks"]})),
            license=license,
            rows=rows,
            bytes=sum(shard.all_bytes for shard in shards),
            data_files={split: f"{split}.jsonl" for split, count in counts.items() if count},
            features=[
                {"name": name, "list": _LISTS[name]} if name in _LISTS else {"name": name, "dtype": "string"}
                for name in COLUMNS
            ],
            made_with="vtb-prepare latent",
            counts=counts,
            picture=None,
            layout="In a row, `sequence_plan` is the answer: words, and between them `helper_image`, what a model "
            "should see there. `for t in media/*.tar; do tar xf $t; done` in this folder unpacks the pictures that the "
            "rows name.",
        )
    )
