"""The rows of a ``swift-dataset`` as a model with geometry learns from them: turns, pictures, clips, and the answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtb.datasets.asked import known_seconds
from vtb.engine.dataset_files import inside
from vtb.errors import BadInput

IMAGE, VIDEO = "<image>", "<video>"  # where media stand in the words
_LONGEST_S = 1e6  # of a clip


@dataclass(frozen=True)
class Clip:
    """A clip: a file, or its frames, and when each was seen, in seconds, where that is known."""

    files: tuple[Path, ...]
    times: tuple[float, ...] = ()
    frames: bool = True


@dataclass(frozen=True)
class Row:
    """One question with its answer.

    Attributes:
        id: of the row.
        turns: roles and words before the answer.
        images: the pictures, in the order of their places in the words.
        clips: the clips alike.
        answer: what is learned.
        example: JSON of what a judge is called with; empty where there is none.
    """

    id: str
    turns: tuple[tuple[str, str], ...]
    images: tuple[Path, ...]
    clips: tuple[Clip, ...]
    answer: str
    example: str = ""


def read_rows(dataset: Path, split: str) -> list[Row]:
    """The rows of a split, whose media lie as files in the folder; none where the dataset has none of it.

    Raises:
        BadInput: a line is no such row, or names a file that is not of this folder.
    """
    judged = _examples(dataset / f"{split}_grpo.jsonl") if split == "val" else {}
    found = []
    path = dataset / f"{split}_sft.jsonl"
    for number, line in _lines(path):
        try:
            found.append(_row(dataset, line, number, judged.get(str(line.get("id")), "")))
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError) as error:
            raise BadInput(f"{path}: line {number}: cannot be learned from ({error}): prepare it again") from error
    return found


def _examples(path: Path) -> dict[str, str]:
    """What judges are called with, by the ids of rows; the rows of rewards have it."""
    return {str(line.get("id")): str(line["example"]) for _, line in _lines(path) if "example" in line}


def _lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The lines of a file, if it is there, with their numbers."""
    if not path.is_file():
        return
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                content = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise BadInput(f"{path}: line {number}: is no JSON ({error}): prepare it again") from error
            if not isinstance(content, dict):
                raise BadInput(f"{path}: line {number}: is no row: prepare it again")
            yield number, content


def _row(dataset: Path, row: Mapping[str, Any], number: int, example: str) -> Row:
    turns = [(str(turn["role"]), turn["content"]) for turn in row["messages"]]
    if not all(isinstance(words, str) for _, words in turns) or {role for role, _ in turns} - {
        "system", "user", "assistant",
    }:  # fmt: skip
        raise ValueError("its turns must be words of system, user and assistant")
    *before, (last, answer) = turns
    if last != "assistant" or not answer.strip():
        raise ValueError("it does not end with an answer")
    images = [inside(dataset, name) for name in row.get("images") or ()]
    clips = [_clip(dataset, video) for video in row.get("videos") or ()]
    times = row.get("times")
    if times is not None and clips:
        clips = [_timed(clip, own) for clip, own in zip(clips, times, strict=True)]
    elif times is not None and images:
        before = _as_one_clip(before, len(images))
        images, clips = [], [_timed(Clip(tuple(images)), times)]
    _check_places(before, len(images), len(clips))
    return Row(str(row.get("id", number)), tuple(before), tuple(images), tuple(clips), answer, example)


def _clip(dataset: Path, video: str | Sequence[str]) -> Clip:
    if isinstance(video, str):
        return Clip((inside(dataset, video),), frames=False)
    if not video:
        raise ValueError("a clip has no frames")
    return Clip(tuple(inside(dataset, name) for name in video))


def _timed(clip: Clip, times: Sequence[float] | None) -> Clip:
    """A clip with the times of its frames, where they are known; those of a file are in the file."""
    if not times or not clip.frames or len(times) == len(clip.files) == 1:
        return clip
    found = known_seconds([float(time) for time in times])  # what is no number is not known
    if len(found) != len(clip.files) or not 0 <= found[0] <= found[-1] <= _LONGEST_S:
        raise ValueError("times must be seconds that grow, one of each frame")
    return Clip(clip.files, found)


def _as_one_clip(turns: Sequence[tuple[str, str]], frames: int) -> list[tuple[str, str]]:
    """Frames that the words name as pictures, as one clip where the first of them stands."""
    together = IMAGE * frames
    if sum(words.count(together) for _, words in turns) != 1:
        raise ValueError("frames with times must stand together")
    return [(role, words.replace(together, VIDEO)) for role, words in turns]


def _check_places(turns: Sequence[tuple[str, str]], images: int, clips: int) -> None:
    for place, media in ((IMAGE, images), (VIDEO, clips)):
        found = sum(words.count(place) for _, words in turns)
        if found != media:
            raise ValueError(f"it has {found} places {place} for {media}")
