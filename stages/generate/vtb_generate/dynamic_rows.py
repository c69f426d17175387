"""The questions about one video as examples, and as lines of text for people, audits and the DSR Suite's own files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct, structs

from vtb.benchmarks.common.examples import example_of
from vtb.benchmarks.common.picture_question import PictureRecord
from vtb.benchmarks.common.stated_words import LETTERS
from vtb.benchmarks.dynamic import BENCHMARK, NAME
from vtb.dynamic.asked import HELD_BACK
from vtb.dynamic.questions import Question
from vtb.dynamic.wording import WHOLE, Boxes, question_about
from vtb.formats.shared_frames import frame_name
from vtb.tasks.example import ASKED, Example, Media, figures_of
from vtb_generate.dynamic_videos import AskedVideo

CUT = "-cut"  # ends the name of a video that stops where predictions ask
WORDS = "questions/"  # where the words alone lie


class Line(Struct, frozen=True, kw_only=True):
    """A question as text.

    Attributes:
        video: the name of its video; for predictions of the one that ends where they ask.
        kind: its type.
        question: its words.
        options: their words.
        right: the letter of the right one.
        size: width and height in which its boxes are given.
    """

    video: str
    kind: str
    question: str
    options: tuple[str, ...]
    right: str
    size: tuple[int, int]


def examples_of(video: AskedVideo, boxes: Boxes, seed: int, index: int) -> Iterator[tuple[Example, Line]]:
    """All questions about a video."""
    shown_size = (video.frames[0].shape[1], video.frames[0].shape[0])
    size = {"frames": shown_size, "video": video.known.size, "thousandths": (WHOLE, WHOLE)}[boxes]
    scale = (size[0] / video.known.size[0], size[1] / video.known.size[1])
    for number, one in enumerate(video.found.questions):
        kind, words = one.asked.kind, question_about(video.known, one.asked, scale)
        cut = kind.measure == "prediction"
        line = Line(
            video=f"{video.name}{CUT}" if cut else video.name, kind=kind.name, question=words, options=one.options,
            right=LETTERS[one.right], size=size,
        )  # fmt: skip
        yield _example(video, one, line, number, (seed, index), HELD_BACK if cut else 0), line


def _example(
    video: AskedVideo, one: Question, line: Line, number: int, place: tuple[int, int], left_out: int
) -> Example:
    """Of predictions, the frames that show what comes are left out."""
    shown = len(video.frames) - left_out
    first, last = video.known.times[0], video.known.times[shown - 1]
    told = f"The frames show the seconds {first:.1f} to {last:.1f} of the video at equal distances."
    record = PictureRecord(
        question=f"{told} {line.question}", options=one.options, answer=line.right, pictures=(video.name,),
        category=line.kind,
    )  # fmt: skip
    example = example_of(NAME, BENCHMARK.tasks()[line.kind], record, f"{video.name}-{number:03d}")
    media = tuple(Media(ASKED, "frame", frame_name(frame)) for frame in range(shown))
    figures = {"segments": one.segments, "things": len(video.known.tracks), "frames": one.asked.last - one.asked.first}
    return structs.replace(example, media=media, seed=place[0], index=place[1], difficulty=figures_of(figures))


def legacy_pairs(lines: Iterable[Line]) -> dict[str, list[dict[str, Any]]]:
    """As ``qa_pairs.json`` of the DSR Suite: the questions by video."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        options = dict(zip(LETTERS, line.options, strict=False))
        pair = {"Type": line.kind, "Question": line.question, **options, "Correct": line.right}
        found.setdefault(line.video, []).append(pair)
    return found
