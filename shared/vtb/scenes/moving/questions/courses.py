"""How a number changes over time, told only where it is plain."""

from __future__ import annotations

from typing import Literal

import numpy as np

from vtb.perception.perceived import Floats

Course = Literal["up", "down", "up, then down", "down, then up", "still"]


def course_of(values: Floats, change: float, slack: float) -> Course | None:
    """The course of numbers (n,); None where it is none of the five.

    Args:
        values: over time.
        change: least way up or down that is one.
        slack: what is no way: at most so much to and fro within one, and in all where it is still.
    """
    if np.ptp(values) <= slack:
        return "still"
    rise, fall = _rises(values, slack), _rises(-values, slack)
    if rise or fall:
        return ("up" if rise else "down") if np.ptp(values) >= change else None
    for way, signed in (("up, then down", values), ("down, then up", -values)):
        top = int(signed.argmax())
        both = min(signed[top] - signed[0], signed[top] - signed[-1]) >= change
        if both and _rises(signed[: top + 1], slack) and _rises(-signed[top:], slack):
            return "up, then down" if way == "up, then down" else "down, then up"
    return None


def _rises(values: Floats, slack: float) -> bool:
    """Whether it goes up, and never back by more than the slack."""
    return bool(values[-1] > values[0] and (np.maximum.accumulate(values) - values).max() <= slack)
