"""The learning rate over a training: up in a straight line, then constant, or down: straight, or half a cosine."""

from __future__ import annotations

import math
from typing import Literal

Schedule = Literal["cosine", "linear", "constant"]
SCHEDULES: tuple[Schedule, ...] = ("cosine", "linear", "constant")


def rate_factor(step: int, steps: int, warmup: int, schedule: Schedule) -> float:
    """The share of the peak rate at an update, counted from 0.

    Args:
        step: the update.
        steps: of the whole training.
        warmup: updates until the peak.
        schedule: ``cosine`` (SGDR, arXiv 1608.03983, without restarts) and ``linear`` end near 0.
    """
    if step < warmup:
        return (step + 1) / warmup
    if schedule == "constant":
        return 1.0
    share = (step - warmup) / max(1, steps - warmup)
    return 1 - share if schedule == "linear" else 0.5 * (1 + math.cos(math.pi * share))
