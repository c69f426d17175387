"""What the datasets for models that draw have in common: their options, a shard per chunk, the end."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from vtb.artifact import FileEntry, ShardEntry
from vtb.artifact.output import Output
from vtb.datasets.chunk import Loaded
from vtb.datasets.readers import chunks, describe_input, read_chunk
from vtb.errors import BadInput
from vtb.formats.media_tar import pack
from vtb.rng import stable_fraction
from vtb.stage.executor import ShardResult, Tick
from vtb.stage.run import Run
from vtb.tasks.example import encode_example
from vtb.tasks.registry import task_of
from vtb_prepare.common_options import DrawnOptions
from vtb_prepare.drawn_card import drawn_card
from vtb_prepare.quality import quality_gate
from vtb_prepare.splits import SPLITS, ShardWork, plan_shards, to_learn_from
from vtb_prepare.swift_files import rows_of
from vtb_prepare.wordings import Wordings, read_wordings, worded

log = logging.getLogger("vtb.prepare")
Row = Mapping[str, Any]
MOST_NAMED = 20  # samples that the log names; the manifest names all


@dataclass(frozen=True)
class Form:
    """What differs between the kinds of models.

    Attributes:
        what: the samples, in words.
        metadata: the engine's file of each split.
        make: a sample's own columns and its files by path, which begin with the given stem; raises ``BadInput`` where
            nobody can learn from it.
        encode: the rows of a split as the engine reads them.
        columns: those of a row that the engine's file has.
        more: further files, of all rows.
    """

    what: str
    metadata: Mapping[str, str]
    make: Callable[[Loaded, str], tuple[dict[str, Any], dict[str, bytes]]]
    encode: Callable[[Sequence[Row]], bytes]
    columns: Sequence[str]
    more: Callable[[Mapping[str, Sequence[Row]]], Mapping[str, bytes]] = lambda rows: {}


def prepare_drawn(run: Run, options: DrawnOptions, form: Form) -> None:
    """Make what is missing of the artifact."""
    entries = [describe_input(uri, run.stage.reads) for uri in run.inputs]
    found = to_learn_from([chunk for entry in entries for chunk in chunks(entry)], run.inputs)
    tasks = plan_shards(found, options.val, run.seed)
    wordings, words = read_wordings(options.wordings)
    run.make_shards(
        run.plan(options, [*entries, *words]), tasks, partial(make_shard, form.make, wordings),
        lambda output: partial(combine, output, run, options, form),
        what=form.what, summary=f"{sum(task.rows for task in tasks)} {form.what}",
    )  # fmt: skip


def make_shard(
    make: Callable[[Loaded, str], tuple[dict[str, Any], dict[str, bytes]]],
    wordings: Wordings,
    work: ShardWork,
    tick: Tick,
) -> ShardResult:
    """Neutral rows, and their media in one tar; samples that cannot be used are named with the reason."""
    lines, media, bad = [], dict[str, bytes](), list[str]()
    for place, loaded in enumerate(read_chunk(work.chunk, odd=bad)):
        tick(1)
        try:
            own, files = make(loaded, f"media/{work.number:05d}/{place:06d}")
        except BadInput as error:
            bad.append(f"{loaded.key}: {error}")
            continue
        own["prompt"] = worded(wordings, loaded, own["prompt"])
        lines.append(json.dumps({**own, **_common(loaded, work)}) + "\n")
        media |= files
    return ShardResult("".join(lines).encode(), len(lines), {f"media/{work.number:05d}.tar": pack(media)}, {"bad": bad})


def _common(loaded: Loaded, work: ShardWork) -> dict[str, Any]:
    example = loaded.example
    return {
        "task_type": example.task, "task_group": task_of(example).group, "id": loaded.key,
        "split": work.split_of(example),
        "example": encode_example(example).decode(),  # what a judge is called with while training goes on
    }  # fmt: skip


def combine(
    output: Output, run: Run, options: DrawnOptions, form: Form, shards: Sequence[ShardEntry]
) -> tuple[list[FileEntry], dict[str, Any]]:
    """The engine's files and a card, unless too much cannot be used."""
    bad = check_samples(output, shards, options.max_bad)
    rows = chosen_rows(output, shards, options.per_task, run.seed)
    told = {split: [{name: row[name] for name in form.columns} for row in found] for split, found in rows.items()}
    made = {form.metadata[split]: form.encode(found) for split, found in told.items()}
    made.update(form.more(rows))
    made["README.md"] = drawn_card(form.what, run.stage.command, told, form.metadata, shards, run.inputs).encode()
    counts = {split: len(found) for split, found in rows.items()}
    return [output.put(path, data) for path, data in made.items()], {"rows": counts, "left_out": bad}


def check_samples(output: Output, shards: Sequence[ShardEntry], max_bad: float) -> list[str]:
    """What cannot be used.

    Raises:
        BadInput: nothing else is there.
        QualityGate: it is a larger share than ``--max-bad`` allows.
    """
    bad = [one for shard in shards for one in shard.stats["bad"]]
    good = sum(shard.rows for shard in shards)
    for one in bad[:MOST_NAMED]:
        log.warning("left out: %s", one)
    if not good:
        output.withdraw(shards_too=True)
        raise BadInput(f"no sample can be used, the first: {bad[0]}")
    quality_gate(bad, good + len(bad), max_bad, "samples cannot be used")
    return bad


def chosen_rows(output: Output, shards: Sequence[ShardEntry], per_task: int | None, seed: int) -> dict[str, list[Row]]:
    """The rows by split, in the order of the shards; of each task in train so many, chosen by their ids alone."""
    rows: dict[str, list[Row]] = {split: [] for split in SPLITS}
    for row in rows_of(output, shards):
        if row["split"] in rows:  # a record may name another split of its own
            rows[row["split"]].append(row)
    if per_task is not None:
        rows["train"] = _balanced(rows["train"], per_task, f"per-task/{seed}")
    return rows


def _balanced(rows: Sequence[Row], per_task: int, salt: str) -> list[Row]:
    by_task: dict[str, list[Row]] = {}
    for row in rows:
        by_task.setdefault(row["task_type"], []).append(row)
    kept = set[tuple[str, str]]()
    for task, found in by_task.items():
        if len(found) < per_task:
            log.warning("%s: has %d samples for train, fewer than --per-task %d", task, len(found), per_task)
        order = sorted(found, key=lambda row: (stable_fraction(row["id"], salt), row["id"]))
        kept.update((task, row["id"]) for row in order[:per_task])
    return [row for row in rows if (row["task_type"], row["id"]) in kept]
