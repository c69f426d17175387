"""The report on a score: figures, reasons, published numbers, and pictures of right and wrong answers."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtb.artifact import InputEntry, find_manifest
from vtb.artifact.shard_data import read_samples
from vtb.benchmarks.videothinkbench.published import SOURCE
from vtb.datasets.readers import Chunk, read_chunk
from vtb.media.image import Image, UnreadableImage, decode_image, encode_rgb
from vtb.media.video import UnreadableVideo, decode_clip
from vtb.puzzles.sample import PUZZLE
from vtb.report.contact_sheet import thumbnail
from vtb.report.pages import Picture, render
from vtb.store import open_store
from vtb.tasks.example import Example
from vtb.tasks.registry import task_of
from vtb_eval.answers import Answers, Attempt
from vtb_eval.contents import Unreadable, read_bytes, read_text, read_transcript
from vtb_eval.prediction import PREDICTION, decode_prediction
from vtb_eval.result import Result

SHOWN = 8
TEXT_SHOWN = 400
PICTURE_SIDE = 480


@dataclass(frozen=True)
class PageSource:
    """Where the pictures of the page come from: what was judged, and the answers where those lie elsewhere.

    ``inputs`` are those of the manifest, first what was judged.
    """

    inputs: tuple[InputEntry, ...]
    chunks: tuple[Chunk, ...]
    answers: Answers | None


@dataclass(frozen=True)
class Shown:
    """One answer on the page."""

    id: str
    task: str
    right: bool
    reason: str
    text: str | None  # none where nothing was written or said
    expected: str
    pictures: Sequence[Picture]


def report_page(source: PageSource, results: Sequence[Result], figures: dict[str, Any]) -> str:
    """The page; its pictures come from what was judged."""
    answered = [result for result in results if result.signals]
    right = list(_varied([result for result in answered if result.strict], "task"))[:SHOWN]
    wrong = list(_varied([result for result in answered if not result.strict], "reason"))[:SHOWN]
    shown = list(_load(source, [*right, *wrong]))
    manifest = find_manifest(open_store(source.inputs[0].uri)) if source.answers is None else None
    return render(
        "score.html",
        title="How many answers are right",
        figures=figures,
        made_from=[(entry.kind, entry.uri) for entry in (manifest.plan.inputs if manifest else source.inputs)],
        config=dict(manifest.plan.config) if manifest else {},
        source=SOURCE,
        **_tables(figures),
        right=[answer for answer in shown if answer.right],
        wrong=[answer for answer in shown if not answer.right],
    )


def _tables(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Figures as the page lays them out."""
    signals, tasks = figures["per_signal"], figures["comparison"]["tasks"]
    columns = dict.fromkeys(tuple(row["published"]) for row in tasks.values())
    return {
        "rules": {column: rule for row in tasks.values() for column, rule in row["compare"].items()},
        "signal_rows": {name: signal["overall"] for name, signal in signals.items()},
        "means": [
            (name, task, what, value)
            for name, signal in signals.items()
            for task, found in signal["means"].items()
            for what, value in found.items()
        ],
        "notes": list(dict.fromkeys(note for row in tasks.values() for note in row["not comparable"])),
        "own_columns": list(dict.fromkeys(name for row in tasks.values() for name in row["this run"])),
        "published": [
            (names, {task: row for task, row in tasks.items() if tuple(row["published"]) == names}) for names in columns
        ],
    }


def _varied(results: Sequence[Result], by: str) -> Iterator[Result]:
    """One of each kind in turn, so that a rare one is seen too."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(getattr(result, by), []).append(result)
    for row in itertools.zip_longest(*groups.values()):
        yield from (result for result in row if result is not None)


def _load(source: PageSource, wanted: Sequence[Result]) -> Iterator[Shown]:
    """The wanted answers in the order of the data, until all are found."""
    left = {(result.id, result.attempt): result for result in wanted}
    for chunk in source.chunks:
        if not left:
            return
        examples = _predicted(chunk) if source.answers is None else _answered(chunk, source.answers)
        for key, attempt, make in examples:
            result = left.pop((key, attempt), None)
            if result is not None:
                yield _shown(result, *make())


# The example, its picture, pictures of the answer, and its words.
Material = tuple[Example, Image, Sequence[Picture], "str | None"]


def _shown(result: Result, example: Example, puzzle: Image, pictures: Sequence[Picture], text: str | None) -> Shown:
    words, expected = None if text is None else _printable(text), _printable(example.answer)
    asked = Picture("what was asked about", _small(puzzle))
    return Shown(result.id, result.task, result.strict, _reason(result), words, expected, [asked, *pictures])


def _predicted(chunk: Chunk) -> Iterator[tuple[str, int, Any]]:
    assert chunk.shard is not None
    for sample in read_samples(chunk.uri, chunk.shard, "make the predictions again"):

        def make(sample: Any = sample) -> Material:
            prediction, puzzle = decode_prediction(sample.parts[PREDICTION]), decode_image(sample.parts[PUZZLE])
            example = prediction.example
            task = task_of(example)
            drawn = task.draw_answer(example.payload, prediction.text, puzzle)
            pictures = [] if drawn is None else [Picture("the answer, drawn", _small(drawn))]
            return example, task.show(example.payload, puzzle), pictures, prediction.text

        yield sample.key, 0, make


def _answered(chunk: Chunk, answers: Answers) -> Iterator[tuple[str, int, Any]]:
    for loaded in read_chunk(chunk):
        for number, attempt in enumerate(answers.attempts(loaded.key)):

            def make(loaded: Any = loaded, attempt: Attempt = attempt) -> Material:
                return loaded.example, loaded.puzzle, list(_pictures(attempt)), _words(attempt)

            yield loaded.key, number, make


def _pictures(attempt: Attempt) -> Iterator[Picture]:
    """The picture and the last frame of an answer, where they can be read."""
    for kind, caption, read in (("image", "the picture", _image), ("video", "the last frame", _last_frame)):
        if kind in attempt:
            try:
                image = read(attempt[kind])
            except (UnreadableImage, UnreadableVideo, Unreadable):
                continue  # the verdict says so
            if image is not None:
                yield Picture(caption, _small(image))


def _image(path: Path) -> Image:
    return decode_image(read_bytes(path), PICTURE_SIDE * 2)


def _last_frame(path: Path) -> Image | None:
    last = deque(decode_clip(read_bytes(path), PICTURE_SIDE), maxlen=1)
    return last[0]() if last else None


def _words(attempt: Attempt) -> str | None:
    try:
        texts = [read_text(attempt["text"])] if "text" in attempt else []
        texts += [f"(said) {read_transcript(attempt['transcript'])}"] if "transcript" in attempt else []
    except Unreadable:
        return None
    return " ".join(texts) if texts else None


def _small(image: Image) -> bytes:
    return encode_rgb(thumbnail(image, PICTURE_SIDE) if max(image.shape[:2]) > PICTURE_SIDE else image)


def _reason(result: Result) -> str:
    """The verdict, and what each signal says where there are several."""
    said = ", ".join(f"{name}: {signal['choice'] or signal['reason']}" for name, signal in result.signals.items())
    return result.reason + (f" ({said})" if len(result.signals) > 1 else "")


def _printable(text: str) -> str:
    return text[:TEXT_SHOWN].encode(errors="replace").decode()  # halves of surrogate pairs have no UTF-8
