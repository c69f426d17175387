"""The report on a score: figures, reasons, published numbers, and pictures of right and wrong answers."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from vtb.artifact import Manifest
from vtb.canvas import decode_image, encode_rgb
from vtb.formats.webdataset import Sample, read_tar
from vtb.puzzles import family_of
from vtb.puzzles.sample import PUZZLE, RECORD
from vtb.report.pages import Picture, render
from vtb.store import open_store
from vtb_eval.published import CAVEAT, PUBLISHED
from vtb_eval.results import Result

SHOWN = 8
TEXT_SHOWN = 400


@dataclass(frozen=True)
class Shown:
    """One answer on the page."""

    id: str
    right: bool
    reason: str
    text: str
    expected: str
    pictures: Sequence[Picture]


def report_page(uri: str, predictions: Manifest, results: Sequence[Result], figures: dict[str, Any]) -> str:
    """The page; its pictures come from the predictions."""
    right = [result for result in results if result.strict][:SHOWN]
    wrong = list(_varied([result for result in results if not result.strict]))[:SHOWN]
    shown = _load(uri, predictions, {result.id: result for result in [*right, *wrong]})
    return render(
        "score.html",
        title="How many answers are right",
        figures=figures,
        made_from=[(entry.kind, entry.uri) for entry in predictions.plan.inputs],
        config=dict(predictions.plan.config),
        published={task: PUBLISHED[task] for task in figures["per_task"] if task in PUBLISHED},
        caveat=CAVEAT,
        right=[answer for answer in shown if answer.right],
        wrong=[answer for answer in shown if not answer.right],
    )


def _varied(results: list[Result]) -> Iterator[Result]:
    """One of each reason in turn, so that a rare reason is seen too."""
    by_reason: dict[str, list[Result]] = {}
    for result in results:
        by_reason.setdefault(result.reason, []).append(result)
    for row in itertools.zip_longest(*by_reason.values()):
        yield from (result for result in row if result is not None)


def _load(uri: str, predictions: Manifest, wanted: dict[str, Result]) -> list[Shown]:
    store, found = open_store(uri), list[Shown]()
    for shard in predictions.shards:
        if len(found) == len(wanted):
            break
        samples = (sample for sample in read_tar(store.get_bytes(shard.path)) if sample.key in wanted)
        found += [_shown(sample, wanted[sample.key]) for sample in samples]
    return found


def _shown(sample: Sample, result: Result) -> Shown:
    answer = json.loads(sample.parts[RECORD])
    record, text = answer["record"], str(answer["text"])
    family = family_of(record)
    puzzle = decode_image(sample.parts[PUZZLE])
    pictures = [Picture("what was asked about", encode_rgb(family.draw_reasoning(record, puzzle)))]
    drawn = family.draw_answer(record, text, puzzle)
    if drawn is not None:
        pictures.append(Picture("the answer, drawn", encode_rgb(drawn)))
    shown = text[:TEXT_SHOWN].encode(errors="replace").decode()  # halves of surrogate pairs have no UTF-8
    return Shown(result.id, result.strict, result.reason, shown, family.answer(record), pictures)
