"""Means of scores with their 95 % intervals."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

Z_95 = 1.959964  # deviations to each side of a mean, within which 95 % of a normal distribution lie


@dataclass(frozen=True)
class Share:
    """How many of a group are right, with the 95 % interval of the rate.

    Where answers have grades, ``right`` is their sum.
    """

    right: float
    total: int
    rate: float
    low: float
    high: float


def share_of(scores: Sequence[float]) -> Share:
    """The mean of some scores, each from 0 to 1; by Wilson's interval where all are 0 or 1."""
    if all(score in (0, 1) for score in scores):
        return wilson(int(sum(scores)), len(scores))
    total, rate = len(scores), statistics.fmean(scores)
    spread = Z_95 * statistics.stdev(scores) / math.sqrt(total) if total > 1 else 1.0
    right = round(math.fsum(scores), 4)
    return Share(right, total, rate, max(0.0, rate - spread), min(1.0, rate + spread))


def wilson(right: int, total: int, z: float = Z_95) -> Share:
    """A proportion with its Wilson score interval (E. B. Wilson, JASA 22, 1927), which holds for 0 and for all too."""
    if total == 0:
        return Share(0, 0, 0.0, 0.0, 1.0)
    rate = right / total
    centre = (rate + z * z / (2 * total)) / (1 + z * z / total)
    spread = z / (1 + z * z / total) * math.sqrt(rate * (1 - rate) / total + z * z / (4 * total * total))
    # rounding must not push a bound past the rate itself
    return Share(right, total, rate, max(0.0, min(rate, centre - spread)), min(1.0, max(rate, centre + spread)))
