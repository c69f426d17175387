"""One attempt at one puzzle: every file of it is a signal, and each gets its verdict."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from vtb.media.image import Image, UnreadableImage, decode_image
from vtb.media.video import UnreadableVideo, decode_clip
from vtb.tasks.example import Example
from vtb.tasks.registry import task_of
from vtb.tasks.score import UNJUDGED, Score
from vtb.tasks.task import Task
from vtb_eval.answers import Attempt
from vtb_eval.contents import Unreadable, read_bytes, read_text, read_transcript
from vtb_eval.result import Result

MAX_SIDE = 4096  # larger pictures are scaled down before they are judged
MAX_FRAME = 2048
# Ties in the vote go to the first of these that voted for one of the best; the others are rules of the same video.
VOTERS = ("image", "major", "text", "audio")
# What counts where answers cannot vote: the first that there is.
ORDER = ("image", "last", "best", "text")

GRADES = ("grade", "tolerant_grade")  # fields that only some tasks' verdicts have


def judge_attempt(example: Example, puzzle: Image, attempt: Attempt) -> dict[str, Score]:
    """The verdict on each signal: ``image``, the rules of the video, ``text``, ``audio`` (a transcript)."""
    task, record, found = task_of(example), example.payload, dict[str, Score]()
    if "image" in attempt:
        found["image"] = _image(task, record, puzzle, partial(read_bytes, attempt["image"]))
    if "video" in attempt:
        found |= _video(task, record, puzzle, partial(read_bytes, attempt["video"]))
    if "text" in attempt:
        found["text"] = _words(task, record, puzzle, attempt["text"], spoken=False)
    if "transcript" in attempt and task.by_choice:
        found["audio"] = _words(task, record, puzzle, attempt["transcript"], spoken=True)
    return found


def judge_drawn(example: Example, puzzle: Image, kind: str, data: bytes) -> dict[str, Score]:
    """The verdict on an answer that a model has drawn here: ``image``, or the rules of the ``video``."""
    task, record = task_of(example), example.payload
    if kind == "image":
        return {"image": _image(task, record, puzzle, lambda: data)}
    return _video(task, record, puzzle, lambda: data)


def _image(task: Task[Any], record: Any, puzzle: Image, read: Callable[[], bytes]) -> Score:
    try:
        return task.score_image(record, decode_image(read(), MAX_SIDE), puzzle)
    except (UnreadableImage, Unreadable) as error:
        return _unreadable("image", error)


def _video(task: Task[Any], record: Any, puzzle: Image, read: Callable[[], bytes]) -> dict[str, Score]:
    """All rules of a video that cannot be read say so."""
    try:
        data = read()
        rules = task.score_video(record, decode_clip(data, MAX_FRAME), puzzle)
        return {**rules, **task.score_trajectory(record, decode_clip(data, MAX_FRAME), puzzle)}
    except (UnreadableVideo, Unreadable) as error:
        return dict.fromkeys(task.score_video(record, (), puzzle), _unreadable("video", error))


def _words(task: Task[Any], record: Any, puzzle: Image, path: Path, *, spoken: bool) -> Score:
    try:
        return judge_text(task, record, (read_transcript if spoken else read_text)(path), puzzle)
    except Unreadable as error:
        return _unreadable("transcript" if spoken else "text", error)


def _unreadable(what: str, error: Exception) -> Score:
    return Score(False, False, f"unreadable {what}", {"why": str(error)[:200]})


def judge_text(task: Task[Any], record: Any, text: str, puzzle: Image) -> Score:
    """Empty answers need no judge."""
    return task.score_text(record, text, puzzle) if text.strip() else Score(False, False, "empty answer")


def combined(by_choice: bool, signals: Mapping[str, Score]) -> Score:
    """One verdict from all signals.

    Where an answer is a choice, they vote: the option that most of image, major frame (or last, where no frame of the
    vote has a mark), text and audio chose, a tie going to the one that comes first in this order. Elsewhere the first
    of image, video and text counts.
    """
    if not by_choice:
        counting = [signals[name] for name in ORDER if name in signals]
        return counting[0] if counting else Score(False, False, "no answer")
    votes = [signals[name] for name in VOTERS if name in signals]
    if "major" in signals and signals["major"].choice is None:  # a clip of a few frames
        votes = [signals["last"] if vote is signals["major"] else vote for vote in votes]
    counts = Counter(vote.choice for vote in votes if vote.choice is not None)
    if not counts:
        return votes[0] if votes else Score(False, False, "no answer")
    best = max(counts.values())
    return next(vote for vote in votes if vote.choice is not None and counts[vote.choice] == best)


def make_result(
    example: Example, judged: Mapping[str, Score], attempt: int, characters: int, *,
    cut_off: bool = False, refused: str | None = None,
) -> Result:  # fmt: skip
    """The line of the scores artifact about one attempt."""
    by_choice = task_of(example).by_choice
    signals = {name: score for name, score in judged.items() if score.reason != UNJUDGED}
    verdict = combined(by_choice, signals) if signals or not judged else next(iter(judged.values()))
    return Result(
        id=example.key,
        task=example.task,
        level=level_of(example.figures),
        attempt=attempt,
        strict=verdict.strict,
        tolerant=verdict.tolerant,
        reason=verdict.reason,
        choice=verdict.choice,
        characters=characters,
        by_choice=by_choice,
        source=example.source,
        unjudged=[name for name in judged if name not in signals],
        signals={name: _plain(score) for name, score in signals.items()},
        answer=example.answer,
        score=verdict.value,
        tolerant_score=verdict.tolerant_value,
        cut_off=cut_off,
        refused=refused,
        blind=task_of(example).blind(example.payload),
    )


def judged_anew(result: Result, score: Score) -> Result:
    """The same attempt in words with another verdict."""
    return replace(
        result, strict=score.strict, tolerant=score.tolerant, reason=score.reason, choice=score.choice,
        score=score.value, tolerant_score=score.tolerant_value, signals={"text": _plain(score)},
    )  # fmt: skip


def _plain(score: Score) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(asdict(score), default=float))
    return {name: value for name, value in plain.items() if value is not None or name not in GRADES}


def level_of(figures: Mapping[str, float]) -> str:
    """How large a puzzle is, in the words of its difficulty: ``size 9``, ``radius 3``; empty where nothing says."""
    name = next((name for name in ("size", "radius", "rings") if name in figures), None)
    return f"{name} {figures[name]:g}" if name else ""
