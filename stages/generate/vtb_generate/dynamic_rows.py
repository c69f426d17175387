"""The questions about one video as examples, and as lines of text for people, audits and the DSR Suite's own files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import Struct, structs

from vtb.benchmarks.common.examples import example_of
from vtb.benchmarks.common.picture_question import PictureRecord
from vtb.benchmarks.common.stated_words import LETTERS
from vtb.benchmarks.dynamic import BENCHMARK, CUT, NAME
from vtb.dynamic.asked import HELD_BACK
from vtb.dynamic.wording import WHOLE, Boxes, question_about
from vtb.formats.shared_frames import frame_name
from vtb.tasks.example import ASKED, Example, Media, figures_of
from vtb_generate.dynamic_videos import AskedVideo

_NO_KEY, _LONGEST = re.compile(r"[^A-Za-z0-9_-]+"), 60
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


@dataclass(frozen=True)
class Worded:
    """A question in words.

    Attributes:
        kind: its type.
        words: the question.
        options: their words.
        right: the place of the right one.
        figures: what says how hard it is.
        left_out: frames at the end that it does not show.
    """

    kind: str
    words: str
    options: tuple[str, ...]
    right: int
    figures: Mapping[str, float]
    left_out: int = 0


@dataclass(frozen=True)
class Coordinates:
    """Those of boxes in words.

    Attributes:
        size: width and height of what they are measured in.
        scale: what boxes in pixels of the video are multiplied by, to the right and down.
    """

    size: tuple[int, int]
    scale: tuple[float, float]

    @classmethod
    def of(cls, video: AskedVideo, boxes: Boxes) -> Coordinates:
        """As the option says."""
        height, width = video.frames[0].shape[:2]
        size = {"frames": (width, height), "video": video.known.size, "thousandths": (WHOLE, WHOLE)}[boxes]
        return cls(size, (size[0] / video.known.size[0], size[1] / video.known.size[1]))


def from_templates(video: AskedVideo, coordinates: Coordinates) -> Iterator[Worded]:
    """The questions of the twelve types; of predictions, the frames that show what comes are left out."""
    for one in video.found.questions:
        figures = {"segments": one.segments, "frames": float(one.asked.last - one.asked.first)}
        words = question_about(video.known, one.asked, coordinates.scale)
        left_out = HELD_BACK if one.asked.kind.measure == "prediction" else 0
        yield Worded(one.asked.kind.name, words, one.options, one.right, figures, left_out)


def line_of(video: AskedVideo, one: Worded, coordinates: Coordinates) -> Line:
    """A question as text."""
    return Line(
        video=f"{video.name}{CUT}" if one.left_out else video.name, kind=one.kind, question=one.words,
        options=one.options, right=LETTERS[one.right], size=coordinates.size,
    )  # fmt: skip


def example_of_question(video: AskedVideo, one: Worded, number: int, seed: int, index: int) -> Example:
    """A question as an example, with the frames that it shows."""
    shown = len(video.frames) - one.left_out
    first, last = video.known.times[0], video.known.times[shown - 1]
    told = f"The frames show the seconds {first:.1f} to {last:.1f} of the video at equal distances."
    record = PictureRecord(
        question=f"{told} {one.words}", options=one.options, answer=LETTERS[one.right], pictures=(video.name,),
        category=one.kind,
    )  # fmt: skip
    example = example_of(NAME, BENCHMARK.tasks()[one.kind], record, f"{key_stem(video.name)}-{number:03d}")
    media = tuple(
        Media(ASKED, "frame", frame_name(frame), round(float(time), 6))
        for frame, time in enumerate(video.known.times[:shown])
    )
    figures = figures_of({**one.figures, "things": len(video.known.tracks)})
    return structs.replace(example, media=media, seed=seed, index=index, difficulty=figures)


def key_stem(video: str) -> str:
    """What the keys of a video's questions begin with: its name, as it may stand in a shard.

    There a dot ends a key, and a slash begins one; a name that has to be changed gets its hash, so that two stay two.
    """
    plain = _NO_KEY.sub("-", video)[:_LONGEST]
    return plain if plain == video else f"{plain}-{hashlib.sha256(video.encode(errors='replace')).hexdigest()[:8]}"


def legacy_pairs(lines: Iterable[Line]) -> dict[str, list[dict[str, Any]]]:
    """As ``qa_pairs.json`` of the DSR Suite: the questions by video."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        options = dict(zip(LETTERS, line.options, strict=False))
        pair = {"Type": line.kind, "Question": line.question, **options, "Correct": line.right}
        found.setdefault(line.video, []).append(pair)
    return found
