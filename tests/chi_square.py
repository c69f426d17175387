"""Pearson's chi-square test against the uniform distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence


def p_value(counts: Sequence[int]) -> float:
    """The chance that counts are at least this uneven when every class is equally likely."""
    expected = sum(counts) / len(counts)
    return upper_tail(len(counts) - 1, sum((count - expected) ** 2 for count in counts) / expected)


def upper_tail(freedom: int, statistic: float) -> float:
    """Q(k / 2, x / 2), the regularised upper incomplete gamma function, by its recurrence from k = 1 or 2."""
    half, x = freedom % 2 / 2 or 1.0, statistic / 2
    tail = math.erfc(math.sqrt(x)) if half == 0.5 else math.exp(-x)
    while half < freedom / 2:
        tail += x**half * math.exp(-x) / math.gamma(half + 1)
        half += 1
    return tail
