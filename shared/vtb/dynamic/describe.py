"""What happens to a series of numbers or directions, in numbered words (the rules of the DSR Suite's qa_temp.py).

What is near zero is told by a share of the video's own scale; the suite takes 0.1 in whatever unit its reconstruction
has. A lone segment is numbered like the first of many: the suite leaves the number out in one case, which gives the
answer away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np

from vtb.perception.perceived import Floats

CHANGE = 0.2  # a change by so large a share is one
AXIS = 0.3  # from so large a part of a unit vector on, an axis is named
MOST_SEGMENTS = 15
_NUMBER = re.compile(r"\(\d+\) ")
_AXES = (("Front", "Behind"), ("Left", "Right"), ("Above", "Below"))
_WHOLE = {1: "The former is always faster", 0: "Their speed is nearly the same", -1: "The latter is always faster"}
_PART = {1: "The former is faster", 0: "Nearly the same", -1: "The latter is faster"}
CONSTANT, LARGER, SMALLER = "Keep nearly constant", "Become larger", "Become smaller"


def describe_series(values: Floats, floor: float) -> tuple[str, ...]:
    """How numbers (n,) of at least 0 change; two below ``floor`` are the same."""
    series, found, start = values.tolist(), list[str](), 0
    while start < len(series) - 1:
        words, start = _segment(series, start, floor)
        found.append(words)
    return tuple(found)


def _segment(series: Sequence[float], start: int, floor: float) -> tuple[str, int]:
    """The words of the segment that begins there, and where the next begins."""
    at = start + 1
    if _stable(series[start], series[at], floor):
        while at < len(series) and _stable(series[start], series[at], floor):
            at += 1
        if at == len(series):
            return CONSTANT, at
        return f"{CONSTANT} and then become {'larger' if series[at] > series[start] else 'smaller'}", at
    if series[at] > series[start]:
        while at < len(series) and series[at] > (1 + CHANGE) * series[at - 1]:
            at += 1
        return LARGER, at - 1
    while at < len(series) and series[at] < (1 - CHANGE) * series[at - 1]:
        if series[at] < floor:
            return SMALLER, at
        at += 1
    return SMALLER, at - 1


def _stable(one: float, other: float, floor: float) -> bool:
    return (1 - CHANGE) * one <= other <= (1 + CHANGE) * one or (one < floor and other < floor)


def compare_series(one: Floats, other: Floats, floor: float) -> tuple[str, ...]:
    """Which of two series (n,) of speeds is the larger, and when."""
    signs = [_sign(a, b, floor) for a, b in zip(one.tolist(), other.tolist(), strict=True)]
    runs = [sign for sign, _ in groupby(signs)]
    if len(runs) == 1:
        return (_WHOLE[runs[0]],)
    return tuple(_PART[sign] for sign in runs)


def _sign(one: float, other: float, floor: float) -> int:
    if one < floor and other < floor:
        return 0
    return int(one > (1 + CHANGE) * other) - int(other > (1 + CHANGE) * one)


def describe_directions(vectors: Floats) -> tuple[str, ...] | None:
    """The directions (n, 3) by the axes that they go along, each as long as it lasts; None where one has no length."""
    x, y, z = (vectors[:, axis] for axis in range(3))
    lengths = np.sqrt(x * x + y * y + z * z)
    if not (lengths > 0).all():
        return None
    units = np.round(vectors / lengths[:, None], 9)
    return tuple(label for label, _ in groupby(_label(unit) for unit in units.tolist()))


def _label(unit: Iterable[float]) -> str:
    parts = zip(unit, _AXES, strict=True)
    return "|".join(names[0] if value > 0 else names[1] for value, names in parts if abs(value) > AXIS)


def numbered(segments: Sequence[str]) -> str:
    """The segments as the text of an answer."""
    return " ".join(f"({number}) {words}." for number, words in enumerate(segments, start=1))


def segments_of(text: str) -> int:
    """How many segments the text of an answer has."""
    return len(_NUMBER.findall(text))
