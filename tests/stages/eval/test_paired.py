"""Tests on pairs, against figures worked out elsewhere."""

from __future__ import annotations

import math

import pytest
from scipy.stats import binom, binomtest

from vtb_eval.paired import FEW, MOST_EXACT, compare_pairs, difference_interval, mcnemar, paired_interval


def test_mid_p_by_hand() -> None:
    # Exact two-sided p less the chance of the observed table itself: 2 * (1 + 8) / 2^8 - 8 / 2^8.
    assert mcnemar(1, 7) == pytest.approx(10 / 256)
    assert mcnemar(7, 1) == mcnemar(1, 7)
    assert mcnemar(0, 5) == pytest.approx(1 / 32)
    assert mcnemar(0, 0) == 1.0


@pytest.mark.parametrize(("won", "lost", "p"), [(1, 7, 0.0391), (6, 16, 0.0347), (25, 2, 3.03e-6)])
def test_published_tables(won: int, lost: int, p: float) -> None:
    """The examples of Fagerland, Lydersen and Laake, Statistical Analysis of Contingency Tables, chapter 8."""
    assert mcnemar(won, lost) == pytest.approx(p, rel=2e-3)


@pytest.mark.parametrize("changed", [1, 2, 7, 40, MOST_EXACT])
def test_mid_p_is_the_exact_p_less_half_of_both_tails_ends(changed: int) -> None:
    for won in {0, 1, changed // 3, changed // 2, changed}:
        of_this = binom.pmf(won, changed, 0.5) * (0.5 if 2 * won == changed else 1)
        expected = binomtest(won, changed).pvalue - of_this
        assert mcnemar(won, changed - won) == pytest.approx(expected, rel=1e-6)


def test_many_changed_puzzles_continue_the_small_ones() -> None:
    half = MOST_EXACT // 2
    exact, asymptotic = mcnemar(half + 40, half - 40), mcnemar(half + 41, half - 40)
    assert asymptotic < exact
    assert asymptotic == pytest.approx(exact, rel=0.15)
    assert asymptotic == pytest.approx(math.erfc(81 / math.sqrt(2 * (MOST_EXACT + 1))))


def test_interval_by_hand() -> None:
    low, high = difference_interval(7, 1, 20)
    spread = 1.959964 * math.sqrt((8 / 22 + 2 / 22 - (6 / 22) ** 2) / 22)
    assert (low, high) == pytest.approx((6 / 22 - spread, 6 / 22 + spread))


def test_published_interval() -> None:
    """The example with the authors' own function, ``CIpropWS(.05, 26, 4, 40)``."""
    assert difference_interval(26, 4, 40) == pytest.approx((0.3126438, 0.7349752), abs=1e-6)


def test_four_lost_of_five_by_hand() -> None:
    """Half of q^4 is 0.025 at q = 0.05^(1/4), the chance of losing where none of four is won."""
    low, high = paired_interval(0, 4, 5)
    assert (low, high) == pytest.approx((-1.0, 0.8 * (1 - 2 * 0.05**0.25)))
    assert high > 0
    assert paired_interval(4, 0, 5) == pytest.approx((-high, -low))


@pytest.mark.parametrize("others", [0, 1, 500])
def test_the_interval_of_few_changes_agrees_with_the_test(others: int) -> None:
    for changed in range(FEW + 1):
        for won in range(changed + 1):
            lost, puzzles = changed - won, max(1, changed + others)
            low, high = paired_interval(won, lost, puzzles)
            assert -1 <= low <= (won - lost) / puzzles <= high <= 1
            assert (low > 0 or high < 0) == (mcnemar(won, lost) < 0.05), (won, lost, puzzles)


def test_right_and_wrong() -> None:
    found = compare_pairs([1, 1, 0, 0, 0, 0], [1, 0, 1, 1, 1, 0])
    assert (found["both_right"], found["won"], found["lost"], found["puzzles"]) == (1, 3, 1, 6)
    assert (found["difference"], found["test"], found["p"]) == (0.3333, "McNemar", 0.375)
    assert found["low"] < 0 < found["high"]


def test_grades() -> None:
    better = compare_pairs([0.1] * 12, [0.1 + 0.05 * (k % 3 + 1) for k in range(12)])
    assert (better["test"], better["won"], better["difference"]) == ("sign flips", 12, 0.1)
    assert better["p"] < 0.005
    assert 0 < better["low"] < 0.1 < better["high"]
    same = compare_pairs([0.2, 0.4], [0.4, 0.2])
    assert same["p"] == 1.0
    assert compare_pairs([0.5, 1], [0.25, 1]) == compare_pairs([0.5, 1], [0.25, 1])
