"""Axes of histograms: bins with round borders over the body of some counted values."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

Counts = Mapping[float, int]  # value to how often it occurs
BINS, TICKS = 60, 8  # at most as many bars, and about as many marks on the axis
MANY = 8  # fewer values have no body and no outliers
REACH = 2.0  # how far beyond its middle 90 % a part's values belong to its body, in the width of that middle


@dataclass(frozen=True)
class Axis:
    """Bins of one width: bin k holds the values from ``(first + k) * step`` on; whole numbers stand in the middle."""

    first: int
    bins: int
    step: float
    whole: bool

    def bin_of(self, value: float) -> int:
        """The bin of a value; a sum of binary fractions may lie just below a border."""
        return math.floor(value / self.step + 1e-9) - self.first

    def x(self, value: float, width: float) -> float:
        """Where a value lies on an axis of this width."""
        shift = 0.5 if self.whole and self.step == 1 else 0.0
        return (value / self.step - self.first + shift) * width / self.bins

    def ticks(self, width: float) -> list[tuple[float, float]]:
        """A few round values with their places."""
        step = max(self.step, _round_step((self.bins - 1) * self.step / TICKS, whole=self.whole))
        start, end = self.first * self.step, (self.first + self.bins) * self.step
        marks = [number * step for number in range(math.ceil(start / step - 1e-9), math.floor(end / step + 1e-9) + 1)]
        return [(round(self.x(mark, width), 1), round(mark, 10)) for mark in marks if self.x(mark, width) <= width]

    def span(self, number: int) -> str:
        """What a bin holds, in words."""
        low = (self.first + number) * self.step
        if self.whole and self.step == 1:
            return f"{low:g}"
        return f"{low:g} to {low + self.step - (1 if self.whole else 0):g}"


def axis_for(values: Iterable[float]) -> Axis:
    """Bins that hold all the values, with round borders."""
    known = list(values)
    low, high, whole = min(known), max(known), all(float(value).is_integer() for value in known)
    step = _round_step((high - low) / (BINS - 1), whole=whole)
    first = math.floor(low / step + 1e-9)
    return Axis(first, math.floor(high / step + 1e-9) - first + 1, step, whole)


def _round_step(least: float, *, whole: bool) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is not below this; of whole numbers at least one."""
    least = max(least, 1.0) if whole else least or 1.0
    power: float = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))


def body_of(parts: Collection[Counts]) -> set[float]:
    """The values of several parts without those far from the rest of their part, for which an axis would be squeezed.

    The body of a part reaches twice as far beyond its middle 90 % as that is wide; of a part whose middle is one value,
    as far as the widest middle of the others allows.
    """
    middles = [(quantile(counts, 0.05), quantile(counts, 0.95)) for counts in parts]
    widest = max(high - low for low, high in middles)
    found = set[float]()
    for counts, (low, high) in zip(parts, middles, strict=True):
        reach = REACH * ((high - low) or widest)
        alone = sum(counts.values()) < MANY or reach == 0
        found |= {value for value in counts if alone or low - reach <= value <= high + reach}
    return found


def quantile(counts: Counts, share: float) -> float:
    """The value below which this share of a part lies, one of those that occur."""
    values = sorted(counts)
    upto = list(itertools.accumulate(counts[value] for value in values))
    return values[bisect.bisect_left(upto, int(share * (upto[-1] - 1)) + 1)]


def median(counts: Counts) -> float:
    """The middle value, or the mean of the two in the middle."""
    values = sorted(counts)
    upto = list(itertools.accumulate(counts[value] for value in values))
    low, high = (values[bisect.bisect_left(upto, place)] for place in ((upto[-1] + 1) // 2, upto[-1] // 2 + 1))
    return (low + high) / 2
