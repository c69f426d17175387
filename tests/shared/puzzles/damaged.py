"""Payloads as JSON, to be edited, and what decoding makes of them: the way on which damage is found."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping
from typing import Any

import msgspec

from clip_frames import frames_of
from vtb.media.image import Image, to_rgb
from vtb.puzzles.family import Family
from vtb.tasks.example import OURS, Example, Prompts, encode_example
from vtb.tasks.registry import decode_example, from_fields
from vtb.tasks.score import Score
from vtb.tasks.task import MODALITIES, Task

FRAMES = 12  # of a clip that are drawn


def plain(record: msgspec.Struct) -> dict[str, Any]:
    """A payload as JSON has it, to be changed at will."""
    fields: dict[str, Any] = json.loads(msgspec.json.encode(record))
    return fields


def decoded(task: str, fields: Any, source: str = OURS) -> Any:
    """The payload that an example with these fields decodes to.

    Raises:
        BadInput: they are damaged.
    """
    good = Example(key="a", source=source, task=task, prompts=Prompts("a", "b", "c"), answer="", payload={})
    row = {**json.loads(encode_example(good)), "payload": json.dumps(fields)}
    return decode_example(json.dumps(row).encode()).payload


def from_folder(task: str, fields: Mapping[str, Any]) -> Any:
    """The same of a record in the folder layout, whose numbers may be none: Python reads ``NaN`` in JSON.

    Raises:
        BadInput: they are damaged.
    """
    prompts = {"vlm": "a", "image": "b", "video": "c"}
    return from_fields(
        {"id": "a", "source": OURS, "task": task, "version": 1, "prompts": prompts, "answer": "", **fields}
    ).payload


def use(task: Task[Any], record: Any, image: Image) -> list[Score]:
    """Everything that is done with a record, and all verdicts by it: they may be wrong, but not an error."""
    assert task.identity(record)
    assert all(math.isfinite(value) for value in task.difficulty(record).values())
    text = task.answer(record)
    assert all(task.ask(record, modality) for modality in MODALITIES)
    puzzle = task.puzzle(record) if isinstance(task, Family) else image
    drawn = [task.show(record, puzzle), task.draw_answer(record, text, puzzle)]
    if isinstance(task, Family):
        drawn += [to_rgb(task.draw_solution(record), task.palette)]
        if record.clip:
            drawn += [to_rgb(frame, task.palette) for frame in itertools.islice(task.draw_frames(record), FRAMES)]
    return [
        score
        for picture in (image, *(picture for picture in drawn if picture is not None))
        for score in (
            task.score_text(record, text, picture),
            task.score_image(record, picture, puzzle),
            task.score_frame(record, picture, puzzle),
            *task.score_video(record, frames_of([image, picture]), puzzle).values(),
        )
    ]
