"""From puzzles and questions to rows for ms-swift."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any

from msgspec import structs

from vtb.artifact import FileEntry, ShardEntry
from vtb.artifact.output import Output
from vtb.benchmarks.registry import find_benchmark
from vtb.benchmarks.vsi_bench.record import VsiRecord
from vtb.datasets.asked import Asked
from vtb.datasets.chunk import Loaded
from vtb.datasets.odd_records import odd_figure, odd_records
from vtb.datasets.readers import chunks, describe_input
from vtb.datasets.shown import read_shown
from vtb.errors import BadInput
from vtb.formats.media_tar import pack
from vtb.formats.special_tokens import neutral
from vtb.formats.swift import TYPE, Shown, grpo_row, sft_row, shown_columns
from vtb.report.card import DatasetCard, license_of, write_card
from vtb.report.features import sft_features
from vtb.stage.executor import ShardResult, Tick
from vtb.stage.run import Run
from vtb.tasks.example import encode_example
from vtb.tasks.registry import task_of
from vtb_prepare.splits import SPLITS, ShardWork, plan_shards, to_learn_from
from vtb_prepare.swift_files import put_rows
from vtb_prepare.vlm_options import Options

log = logging.getLogger("vtb.prepare")


def make_dataset(run: Run, options: Options) -> None:
    """Make what is missing of the artifact."""
    entries = [describe_input(uri, run.stage.reads) for uri in run.inputs]
    every = [chunk for entry in entries for chunk in chunks(entry)]
    tasks = plan_shards(to_learn_from(every, run.inputs), options.val, run.seed)
    summary = f"{sum(task.rows for task in tasks)} rows with their pictures"
    run.make_shards(
        run.plan(options, entries),
        tasks,
        make_shard,
        lambda output: partial(combine, output, run.inputs),
        what="rows",
        summary=summary,
    )


def make_shard(work: ShardWork, tick: Tick) -> ShardResult:
    """Neutral rows (question, answer, picture, split); the engine's files are put together from them at the end."""
    lines, media, counts, tasks, odd = [], dict[str, bytes](), dict[str, int](), set[str](), list[str]()
    clips, paths, last = set[str](), list[list[str]](), tuple[Asked, ...]()
    typed = False
    for place, (loaded, asked) in enumerate(read_shown(work.chunk, odd)):
        if asked != last:  # questions about one video follow each other and share its frames
            paths = media_paths(f"media/{work.number:05d}/{place:06d}", asked)
        last = asked
        files = dict(zip(chain(*paths), chain(*(one.files for one in asked)), strict=True))
        named = [(one.kind, own) for one, own in zip(asked, paths, strict=True)]
        row = make_row(loaded, named, work.split_of(loaded.example))
        lines.append(json.dumps(row) + "\n")  # ASCII, since some characters beyond it end a line for ``splitlines``
        media |= files
        clips |= {one.kind for one in asked if one.kind != "image"}
        counts[row["split"]] = counts.get(row["split"], 0) + 1
        tasks.add(row["task_type"])
        typed = typed or TYPE in row
        tick(1)
    packed = {f"media/{work.number:05d}.tar": pack(media)}
    told = {
        "splits": counts, "tasks": sorted(tasks), **({"clips": sorted(clips)} if clips else {}),
        **({"columns": [TYPE]} if typed else {}), **odd_figure(odd),
    }  # fmt: skip
    return ShardResult("".join(lines).encode(), len(lines), packed, told)


def media_paths(stem: str, asked: Sequence[Asked]) -> list[list[str]]:
    """Where what a question shows lies in the artifact; one picture has the question's number alone."""
    if [one.kind for one in asked] == ["image"]:
        return [[f"{stem}.png"]]
    return [_paths(f"{stem}-{number}", one) for number, one in enumerate(asked, 1)]


def _paths(stem: str, one: Asked) -> list[str]:
    if one.kind != "frames":
        return [stem + one.endings[0]]
    return [f"{stem}-{number:03d}{ending}" for number, ending in enumerate(one.endings)]


def make_row(loaded: Loaded, shown: Sequence[Shown], split: str) -> dict[str, Any]:
    """One row; ours are asked about in their own words, those of others in the family's."""
    example = loaded.example
    task, record = task_of(example), example.payload
    if not example.ours and find_benchmark(example.source).read is not None:
        raise BadInput(f"sample {loaded.key[:100]}: is one of {example.source} itself, which no model may learn from")
    if example.answer in ("", "[]"):
        raise BadInput(f"sample {loaded.key[:100]}: has no answer in words, so nobody can learn from it: leave it out")
    return {
        "id": loaded.key,
        "split": split,
        **shown_columns(shown),
        "question": neutral(example.prompts.vlm if example.ours else task.ask(record, "vlm")),
        "answer": neutral(example.answer),
        "task_type": example.task,
        "task_group": task.group,
        **({TYPE: example.task} if isinstance(record, VsiRecord) else {}),
        # What a reward calls the judge with; its pictures are where the row says.
        "example": encode_example(structs.replace(example, media=())).decode(),
    }


def combine(
    output: Output, inputs: Sequence[str], shards: Sequence[ShardEntry]
) -> tuple[list[FileEntry], dict[str, Any]]:
    """The four files of the engine, and a card."""
    left_out = odd_records(output, shards)
    counts = {split: sum(shard.stats["splits"].get(split, 0) for shard in shards) for split in SPLITS}
    clips = clips_of(output, shards)
    more = sorted({name for shard in shards for name in shard.stats.get("columns", ())})
    empty = {**({"videos": []} if clips else {}), **dict.fromkeys(more, "")}
    files = put_rows(output, shards, {"sft": sft_row, "grpo": grpo_row}, empty)
    if left_out:
        log.warning("%d records are left out, all named in the manifest, the first: %s", len(left_out), left_out[0])
    card = _card(shards, counts, license_of(inputs), clips, more).encode()
    return [*files, output.put("README.md", card)], {"rows": counts, "left_out": left_out}


def clips_of(output: Output, shards: Sequence[ShardEntry]) -> str | None:
    """In which form questions show clips, if any does.

    Raises:
        BadInput: some as files and some as frames, which ms-swift's tables cannot hold in one column.
    """
    kinds = {kind for shard in shards for kind in shard.stats.get("clips", ())}
    if len(kinds) > 1:
        output.withdraw(shards_too=True)
        raise BadInput("some questions show clips and some the frames of clips: prepare them as two datasets")
    return next(iter(kinds), None)


def _card(
    shards: Sequence[ShardEntry], counts: Mapping[str, int], license: str, clips: str | None, more: Sequence[str]
) -> str:
    card = DatasetCard(
        title=f"{sum(counts.values()):,} questions about puzzles, for ms-swift",
        tags=("visual-reasoning", *sorted({task for shard in shards for task in shard.stats["tasks"]})),
        license=license,
        rows=sum(counts.values()),
        bytes=sum(shard.all_bytes for shard in shards),
        data_files={split: f"{split}_sft.jsonl" for split, count in counts.items() if count},
        features=sft_features(clips, more),
        made_with="vtb-prepare vlm",
        counts=counts,
        picture=None,
        layout="`*_sft.jsonl` holds questions with answers; in `*_grpo.jsonl` only `solution` has the answer. "
        "`for t in media/*.tar; do tar xf $t; done` in this folder unpacks the pictures that the rows name.",
    )
    return write_card(card)
