"""Tests on pairs: what the same puzzles were worth before and after."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np

from vtb_eval.shares import Z_95

MOST_EXACT = 1000  # puzzles that changed; beyond, both differ by less than 1 % of p where p is near 0.05
RESAMPLES, SEED = 10_000, 42
FEW = 25  # puzzles that changed; up to here the interval is drawn from the test itself
HALVINGS = 50


def compare_pairs(before: Sequence[float], after: Sequence[float]) -> dict[str, Any]:
    """How two runs differ on the same puzzles.

    Right or wrong: McNemar's test with ``paired_interval``. Grades: the paired sign-flip test on the mean
    difference with the percentile bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapters 13
    and 15), both with a fixed seed. ``won`` and ``lost`` count puzzles that are worth more and less than before.
    """
    pairs = list(zip(before, after, strict=True))
    won, lost = sum(new > old for old, new in pairs), sum(new < old for old, new in pairs)
    binary = all(value in (0, 1) for pair in pairs for value in pair)
    differences = [new - old for old, new in pairs]
    low, high = paired_interval(won, lost, len(pairs)) if binary else _bootstrap(differences)
    return {
        "puzzles": len(pairs),
        "both_right": sum(old == new == 1 for old, new in pairs),
        "won": won,
        "lost": lost,
        "before": round(statistics.fmean(before), 4),
        "after": round(statistics.fmean(after), 4),
        "difference": round(statistics.fmean(differences), 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "p": float(f"{mcnemar(won, lost) if binary else _sign_flips(differences):.4g}"),
        "test": "McNemar" if binary else "sign flips",
    }


def mcnemar(won: int, lost: int) -> float:
    """The two-sided mid-p of McNemar's test; its asymptotic form where very many changed.

    Both as Fagerland, Lydersen and Laake recommend (BMC Medical Research Methodology 13:91, 2013): the exact test and
    the continuity correction are too cautious.
    """
    changed, fewer = won + lost, min(won, lost)
    if changed == 0:
        return 1.0
    if changed > MOST_EXACT:
        return math.erfc(abs(won - lost) / math.sqrt(2 * changed))
    if won == lost:  # the two tails meet: the exact p is 1, not twice one of them
        return float(1 - math.comb(changed, fewer) / 2 ** (changed + 1))
    below = sum(math.comb(changed, k) for k in range(fewer)) * 2 + math.comb(changed, fewer)
    return float(below / 2**changed)


def paired_interval(won: int, lost: int, puzzles: int) -> tuple[float, float]:
    """The 95 % interval of a difference of paired proportions; of few changes it leaves 0 out exactly where p < 0.05.

    Of few, the bound towards 0 is that of the mid-p interval of the share of them that was won (the test, turned
    round); the other bound is the wider one of this and of Bonett and Price. Of many, or none: theirs alone.
    """
    low, high = difference_interval(won, lost, puzzles)
    if not 0 < won + lost <= FEW:
        return low, high
    scale = (won + lost) / puzzles
    below, above = scale * (1 - 2 * _mid_p_bound(lost, won)), scale * (2 * _mid_p_bound(won, lost) - 1)
    return below if won > lost else min(low, below), above if won < lost else max(high, above)


def _mid_p_bound(won: int, lost: int) -> float:
    """The largest chance of winning a changed puzzle at which so few wins have a mid-p of 0.025 or more."""
    changed, low, high = won + lost, 0.0, 1.0
    for _ in range(HALVINGS):
        p = (low + high) / 2
        chances = [math.comb(changed, k) * p**k * (1 - p) ** (changed - k) for k in range(won + 1)]
        low, high = (p, high) if sum(chances) - chances[-1] / 2 > 0.025 else (low, p)
    return high


def difference_interval(won: int, lost: int, puzzles: int) -> tuple[float, float]:
    """The 95 % interval of a difference of paired proportions (Bonett and Price, JEBS 37:479, 2012)."""
    up, down = (won + 1) / (puzzles + 2), (lost + 1) / (puzzles + 2)
    spread = Z_95 * math.sqrt((up + down - (up - down) ** 2) / (puzzles + 2))
    return max(-1.0, up - down - spread), min(1.0, up - down + spread)


def _sign_flips(differences: Sequence[float]) -> float:
    """How often chance signs give a mean at least as far from 0, the observed one counted."""
    values, rng = np.asarray(differences), np.random.default_rng(SEED)
    observed = abs(float(values.sum())) - 1e-9  # sums in another order differ in the last digits
    far = sum(abs(values @ (rng.integers(0, 2, len(values)) * 2.0 - 1)) >= observed for _ in range(RESAMPLES))
    return float((far + 1) / (RESAMPLES + 1))


def _bootstrap(differences: Sequence[float]) -> tuple[float, float]:
    values, rng = np.asarray(differences), np.random.default_rng(SEED)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
