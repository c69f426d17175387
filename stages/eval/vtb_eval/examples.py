"""Answers that the report shows: what was asked about, what was given, and what would have been right."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from vtb.artifact import InputEntry
from vtb.artifact.shard_data import read_samples
from vtb.datasets.asked import Asked, asked_of, look_at
from vtb.datasets.chunk import Chunk, Loaded
from vtb.datasets.readers import read_chunk
from vtb.errors import BadInput
from vtb.media.frames import sampled_places
from vtb.media.image import Image, UnreadableImage, decode_image, encode_rgb, to_rgb
from vtb.media.video import UnreadableVideo, decode_clip
from vtb.puzzles.family import Family
from vtb.report.pages import Picture
from vtb.report.thumbnail import thumbnail
from vtb.tasks.example import Example
from vtb.tasks.registry import task_of
from vtb_eval.answers import Answers, Attempt
from vtb_eval.contents import Unreadable, read_bytes, read_text, read_transcript
from vtb_eval.prediction import PREDICTION, decode_prediction, drawn_answers
from vtb_eval.result import Result

TEXT_SHOWN = 400
PICTURE_SIDE = 480
MOST_SHOWN = 4  # pictures of one question


@dataclass(frozen=True)
class PageSource:
    """Where the pictures of the page come from: what was judged, and the answers where those lie elsewhere.

    ``inputs`` are those of the manifest, first what was judged; ``config`` is what the options said.
    """

    inputs: tuple[InputEntry, ...]
    chunks: tuple[Chunk, ...]
    answers: Answers | None
    config: Mapping[str, Any]


@dataclass(frozen=True)
class ShownAnswer:
    """One answer on the page; ``pictures`` are what was asked about, what was given, and what would be right."""

    id: str
    task: str
    attempt: int
    right: bool
    reason: str
    choice: str | None
    text: str | None  # none where nothing was written or said
    expected: str
    pictures: Sequence[Picture]


@dataclass(frozen=True)
class _Material:
    """What an answer is shown with; ``solution`` is None where nobody can draw it."""

    example: Example
    asked: Sequence[Picture]
    given: Sequence[Picture]
    text: str | None
    solution: Image | None


def load(source: PageSource, wanted: Sequence[Result]) -> Iterator[ShownAnswer]:
    """The wanted answers in the order of the data, until all are found.

    Two tasks may have a puzzle of the same id, so an answer is that to a puzzle of its own task.
    """
    left: dict[tuple[str, int], dict[str, Result]] = {}
    for result in wanted:
        left.setdefault((result.id, result.attempt), {}).setdefault(result.task, result)
    for chunk in source.chunks:
        if not any(left.values()):
            return
        for key, attempt, make in _predicted(chunk) if source.answers is None else _answered(chunk, source.answers):
            if tasks := left.get((key, attempt)):
                material = make()
                task = material.example.task
                if task in tasks:
                    yield _shown(tasks.pop(task), material)


Making = tuple[str, int, Callable[[], _Material]]  # the puzzle's id, the number of the attempt, and what reads it


def _predicted(chunk: Chunk) -> Iterator[Making]:
    assert chunk.shard is not None
    for sample in read_samples(chunk.uri, chunk.shard, "make the predictions again"):

        def make(sample: Any = sample, drawn: tuple[str, bytes] | None = None) -> _Material:
            prediction = decode_prediction(sample.parts[PREDICTION])
            example, text = prediction.example, prediction.text
            asked = asked_of(example.media, sample.parts)
            puzzle = look_at(asked)
            shown = _asked(asked, task_of(example).show(example.payload, puzzle))
            if drawn is not None:
                return _Material(example, shown, list(_drawn(*drawn)), None, _right(example, puzzle))
            return _Material(example, shown, _drawn_words(example, text, puzzle), text, _right(example, puzzle))

        every = drawn_answers(sample.parts)
        for number, one in enumerate(every):
            yield sample.key, number, partial(make, sample, one)
        if not every:
            yield sample.key, 0, make


def _asked(asked: Sequence[Asked], alone: Image) -> list[Picture]:
    """What the question shows; ``alone`` is how one picture is shown, and the beginning of a clip."""
    if len(asked) == 1:
        return [Picture("the puzzle", _small(alone))]
    numbers = sampled_places(len(asked), min(MOST_SHOWN, len(asked)))
    return [Picture(f"{number + 1} of {len(asked)} shown", _small(look_at([asked[number]]))) for number in numbers]


def _drawn_words(example: Example, text: str, puzzle: Image) -> list[Picture]:
    """An answer in words as a picture, where it can be drawn."""
    image = task_of(example).draw_answer(example.payload, text, puzzle)
    return [] if image is None else [Picture("the answer, drawn", _small(image))]


def _right(example: Example, puzzle: Image) -> Image | None:
    """The right answer, drawn; predictions hold no picture of it."""
    task = task_of(example)
    if isinstance(task, Family) and example.ours:
        return to_rgb(task.draw_solution(example.payload), task.palette)
    return task.draw_answer(example.payload, example.answer, puzzle)


def _answered(chunk: Chunk, answers: Answers) -> Iterator[Making]:
    for loaded in read_chunk(chunk, odd=[]):
        for number, attempt in enumerate(answers.attempts(loaded.key)):

            def make(loaded: Loaded = loaded, attempt: Attempt = attempt) -> _Material:
                words, given = _words(attempt), list(_pictures(attempt))
                given = given or _drawn_words(loaded.example, words or "", loaded.puzzle)
                return _Material(loaded.example, _asked(loaded.asked, loaded.puzzle), given, words, _solution(loaded))

            yield loaded.key, number, make


def _solution(loaded: Loaded) -> Image | None:
    """None where the data has no picture of it, or none that can be read: nothing is judged by it here."""
    try:
        return None if loaded.solution is None else decode_image(loaded.solution())
    except (OSError, UnreadableImage, BadInput):
        return None


def _shown(result: Result, found: _Material) -> ShownAnswer:
    words = None if found.text is None else printable(found.text)
    expected = printable(found.example.answer)
    pictures = [*found.asked, *found.given]
    pictures += [] if found.solution is None else [Picture("the right solution", _small(found.solution))]
    return ShownAnswer(
        result.id, result.task, result.attempt + 1, result.strict, _reason(result), result.choice, words, expected,
        pictures,
    )  # fmt: skip


def _pictures(attempt: Attempt) -> Iterator[Picture]:
    """The picture and the last frame of an answer, where they can be read."""
    for kind in ("image", "video"):
        if kind in attempt:
            try:
                data = read_bytes(attempt[kind])
            except Unreadable:
                continue  # the verdict says so
            yield from _drawn(kind, data)


def _drawn(kind: str, data: bytes) -> Iterator[Picture]:
    """The picture, or the last frame of the video, where it can be read; else the verdict says so."""
    with suppress(UnreadableImage, UnreadableVideo):
        if kind == "image":
            yield Picture("the picture given", _small(decode_image(data, PICTURE_SIDE * 2)))
        elif (last := _last_frame(data)) is not None:
            yield Picture("the last frame given", _small(last))


def _last_frame(data: bytes) -> Image | None:
    last = deque(decode_clip(data, PICTURE_SIDE), maxlen=1)
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


def printable(text: str) -> str:
    """The beginning of a text, in characters that can be written."""
    return text[:TEXT_SHOWN].encode(errors="replace").decode()  # halves of surrogate pairs have no UTF-8
