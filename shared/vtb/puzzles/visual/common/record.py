"""Where a visual puzzle lies in its picture and in its clip, and whether a record makes sense."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from vtb.errors import BadInput
from vtb.puzzles.family import Clip, Record
from vtb.puzzles.visual.common.scene import SIDE

Content = Mapping[str, tuple[int | None, Collection[Any]]]
MAX_PX = 4096


def area_in_picture(size: tuple[int, int]) -> list[int]:
    """The puzzle's area (left, top, side) in a picture: in the middle, at most SIDE."""
    side = min(SIDE, *size)
    return [(size[0] - side) // 2, (size[1] - side) // 2, side]


def area_in_clip(clip: Clip, size: tuple[int, int]) -> list[int]:
    """The puzzle's area in a clip: in the middle, with as much white above and below as in the picture.

    So a clip of the picture's shape shows the picture, and one of another shape is cropped or widened in the white at
    the sides only.
    """
    width, height = clip.size
    side = area_in_picture(size)[2] * min(width, height) // min(size)
    return [(width - side) // 2, (height - side) // 2, side]


def clip_record(clip: Clip, size: tuple[int, int]) -> dict[str, Any]:
    """What a record says of its clip; the letterbox maps the whole picture, whose margins may lie outside."""
    inner, area = area_in_picture(size), area_in_clip(clip, size)
    scale = area[2] / inner[2]
    return {
        "frames": clip.frames,
        "fps": clip.fps,
        "size": list(clip.size),
        "area": area,
        "scale": scale,
        "offset": [round(area[0] - inner[0] * scale), round(area[1] - inner[1] * scale)],
    }


def validate(record: Record, places: int, content: Content, values: Collection[str]) -> None:
    """Refuse a record with unknown words or absurd sizes."""
    _check(_inside(record["canvas_dimensions"], record["area"]), "the puzzle does not lie inside its picture")
    clip = record.get("clip")
    if clip:
        _check(_inside(clip["size"], clip["area"]), "the puzzle does not lie inside its clip")
        _check(isinstance(clip["frames"], int) and 1 <= clip["frames"] <= 10_000, "a clip of an absurd length")
    every = {**content, "values": (places, values), "missing": (None, range(places))}
    for name, (count, allowed) in every.items():
        found = record[name] if count is not None else [record[name]]
        whole = isinstance(found, list) and len(found) == (count or 1)
        _check(whole and all(entry in allowed for entry in found), f"{name} is not what this puzzle can have")
    _validate_words(record, values)


def _validate_words(record: Record, values: Collection[str]) -> None:
    """The vocabulary holds all values, the options the right one, and nothing comes twice."""
    vocabulary, options = record["vocabulary"], record["options"]
    _check(_different(vocabulary, values) and set(record["values"]) <= set(vocabulary), "vocabulary is not of values")
    right = record["values"][record["missing"]]
    _check(_different(options, vocabulary) and right in options and len(options) <= 8, "options are not of values")


def _different(words: Any, allowed: Collection[str]) -> bool:
    return isinstance(words, list) and all(word in allowed for word in words) and len(set(words)) == len(words)


def _inside(size: Any, area: Any) -> bool:
    """Whether a square (left, top, side) lies inside a picture of a sensible size."""
    (width, height), (left, top, side) = size, area
    whole = all(isinstance(number, int) for number in (width, height, left, top, side))
    fits = 0 <= left <= width - side and 0 <= top <= height - side
    return whole and side > 0 and max(width, height) <= MAX_PX and fits


def _check(holds: bool, problem: str) -> None:
    if not holds:
        raise BadInput(problem)
