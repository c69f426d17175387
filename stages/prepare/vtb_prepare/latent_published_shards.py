"""From published rows and their pictures to rows of a latent dataset."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vtb.artifact.output import file_sha256
from vtb.benchmarks.comt import CATEGORIES
from vtb.benchmarks.comt.questions import read_row
from vtb.errors import BadInput
from vtb.report.card import OTHER
from vtb.rng import stable_fraction
from vtb.stage.executor import ShardResult, Task, Tick
from vtb.stage.run import Run
from vtb.tasks.example import encode_example
from vtb_prepare.by_video import inputs_of
from vtb_prepare.latent_lines import data_file, read_published
from vtb_prepare.latent_options import Options
from vtb_prepare.latent_pictures import Pictures, as_stored, joined, open_pictures
from vtb_prepare.latent_published import Published
from vtb_prepare.latent_rows import MOST_NAMED, ShardRows, Source, latent_step
from vtb_prepare.quality import quality_gate

log = logging.getLogger("vtb.prepare")
PER_SHARD = 64  # rows, of a few pictures each


@dataclass(frozen=True)
class ShardWork:
    """Some rows with their splits, and where their pictures lie."""

    number: int
    rows: tuple[tuple[Published, str], ...]
    pictures: Pictures


def of_published(run: Run, options: Options) -> Source:
    """Shards of the rows of a file.

    Raises:
        BadInput: the file is none to learn from.
        QualityGate: too many of its rows are damaged, or lack a picture.
    """
    assert options.data is not None  # the options and the command see to both
    assert options.images is not None
    file = data_file(options.data)
    rows, bad = read_published(file, options.form)
    total = len(rows) + len(bad)
    _check(rows, bad, total, options.max_bad)
    pictures = open_pictures(options.images, {path for row in rows for path in row.pictures})
    whole, digests, lacking = with_pictures(rows, pictures)
    bad += lacking
    _check(whole, bad, total, options.max_bad)
    named = [("latent-rows", file, file_sha256(file)), ("pictures", options.images, _digest(digests))]
    splits = [_split(key, options.val, run.seed) for key in keys_of(whole, digests)]
    return Source(inputs_of(named), _tasks(whole, splits, pictures), make_shard, lambda: OTHER, bad)


def _check(rows: Sequence[Published], bad: Sequence[str], total: int, max_bad: float) -> None:
    """Say what cannot be used, and stop where that is too much."""
    if len(bad) > max_bad * total:
        for one in bad[:MOST_NAMED]:
            log.warning("cannot be used: %s", one)
    quality_gate(bad, total, max_bad, "rows cannot be used")
    if not rows:
        raise BadInput(f"no row can be used, the first: {bad[0]}")


def with_pictures(rows: Sequence[Published], pictures: Pictures) -> tuple[list[Published], dict[str, str], list[str]]:
    """The rows whose pictures are all there, the hash of each picture, and what the other rows lack."""
    digests, whole, lacking = dict[str, str](), list[Published](), list[str]()
    for row in rows:
        try:
            for path in row.pictures:
                if path not in digests:
                    digests[path] = pictures.digest(path)
        except BadInput as error:
            lacking.append(f"{row.where}: {error}")
            continue
        whole.append(row)
    return whole, digests, lacking


def _digest(digests: Mapping[str, str]) -> str:
    """Of all pictures by path and content, whether they lie in a folder or an archive."""
    return hashlib.sha256("".join(f"{path}\0{digests[path]}\n" for path in sorted(digests)).encode()).hexdigest()


def keys_of(rows: Sequence[Published], digests: Mapping[str, str]) -> list[str]:
    """What decides the split of each row, and is the same for all that ask about a picture: without one, its words."""
    named = (tuple(digests[path] for path in row.images) or (f"words {row.question}",) for row in rows)
    return joined(named)


def _split(key: str, val: float, seed: int) -> str:
    return "val" if stable_fraction(key, f"split/{seed}") < val else "train"


def _tasks(rows: Sequence[Published], splits: Sequence[str], pictures: Pictures) -> list[Task[ShardWork]]:
    every = list(zip(rows, splits, strict=True))
    parts = [tuple(every[start : start + PER_SHARD]) for start in range(0, len(every), PER_SHARD)]
    return [
        Task(f"shards/{number:05d}.jsonl", len(part), ShardWork(number, part, pictures))
        for number, part in enumerate(parts)
    ]


def make_shard(work: ShardWork, tick: Tick) -> ShardResult:
    """Rows with their pictures; those with a picture that cannot be read are named."""
    made = ShardRows(work.number)
    for place, (row, split) in enumerate(work.rows):
        tick(1)
        try:
            fields, media = latent_row(row, work.pictures, made.stem(place))
        except BadInput as error:
            made.bad.append(f"{row.where}: {error}")
            continue
        made.add(split, fields, media)
    return made.result()


def latent_row(row: Published, pictures: Pictures, stem: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The row with its pictures' paths in the dataset, and the pictures by these paths."""
    media: dict[str, bytes] = {}

    def keep(path: str, kind: str, number: int) -> str:
        ending, data = as_stored(path, pictures.read(path))
        place = f"{stem}-{kind}-{number}{ending}"
        media[place] = data
        return place

    images = [keep(path, "input", number) for number, path in enumerate(row.images, 1)]
    plan, helper = [], 0
    for step in row.plan:
        if step["type"] == "latent":
            helper += 1
            step = latent_step(keep(step["helper_image"], "helper", helper))
        plan.append(step)
    fields = {
        "id": row.id, "text_input": row.question, "image_input": images, "sequence_plan": plan,
        "original_final_answer": row.answer, "task": row.task, "example": judged_by(row),
    }  # fmt: skip
    return fields, media


def judged_by(row: Published) -> str:
    """The example by which the benchmark's task judges answers to a row of CoMT; empty where nobody judges it."""
    if row.task not in CATEGORIES:
        return ""
    asked = {"text_input": row.question, "image_input": row.images, "original_final_answer": row.answer, "id": row.id}
    try:
        return encode_example(read_row({**asked, "type": row.task}, 0, row.where).example).decode()
    except BadInput:  # such as one without an answer: a model may learn its words all the same
        return ""
