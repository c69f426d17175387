"""From judged answers to figures: shares with confidence intervals, over all and per group."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Result:
    """The verdict on one answer."""

    id: str
    task: str
    size: str
    strict: bool
    tolerant: bool
    reason: str
    characters: int


@dataclass(frozen=True)
class Share:
    """How many of a group are right, with the 95 % Wilson score interval."""

    right: int
    total: int
    rate: float
    low: float
    high: float


def share(right: int, total: int, z: float = 1.959964) -> Share:
    """A proportion with its Wilson score interval (E. B. Wilson, JASA 22, 1927), which holds for 0 and for all too."""
    if total == 0:
        return Share(0, 0, 0.0, 0.0, 1.0)
    rate = right / total
    centre = (rate + z * z / (2 * total)) / (1 + z * z / total)
    spread = z / (1 + z * z / total) * math.sqrt(rate * (1 - rate) / total + z * z / (4 * total * total))
    # rounding must not push a bound past the rate itself
    return Share(right, total, rate, max(0.0, min(rate, centre - spread)), min(1.0, max(rate, centre + spread)))


def summarise(results: Iterable[Result]) -> dict[str, Any]:
    """All figures of a score artifact, as plain data."""
    kept = list(results)
    return {
        "overall": _modes(kept),
        "per_task": _groups(kept, lambda result: result.task),
        "per_size": _groups(kept, lambda result: result.size),
        "reasons": dict(Counter(result.reason for result in kept).most_common()),
    }


def _groups(results: list[Result], key: Callable[[Result], str]) -> dict[str, Any]:
    names = sorted({key(result) for result in results}, key=lambda name: (len(name), name))
    return {name: _modes([result for result in results if key(result) == name]) for name in names}


def _modes(results: list[Result]) -> dict[str, Any]:
    total = len(results)
    return {
        "strict": asdict(share(sum(result.strict for result in results), total)),
        "tolerant": asdict(share(sum(result.tolerant for result in results), total)),
    }
