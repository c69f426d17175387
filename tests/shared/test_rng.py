"""The random stream: data sets that were published stay what they are only while these values stay."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtb.rng import below, sample_rng, sample_seed, stable_fraction


@pytest.mark.parametrize(
    ("seed", "family", "index", "value"),
    [
        (0, "", 0, 12197199751683335659),
        (42, "maze_square-09", 0, 11148732042349145088),
        (42, "maze_square-09", 1, 7668786289861085645),
    ],
)
def test_seeds_never_change(seed: int, family: str, index: int, value: int) -> None:
    assert sample_seed(seed, family, index) == value


def test_the_stream_never_changes() -> None:
    rng = sample_rng(42, "maze_square-09", 0)
    drawn = [below(rng, n) for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100, 1000, 2**40)]
    assert drawn == [0, 1, 2, 0, 3, 5, 0, 6, 2, 8, 39, 143, 506204863337]


def test_seed_family_and_index_all_count() -> None:
    seeds = {sample_seed(seed, family, index) for seed in range(10) for family in "ab" for index in range(10)}
    assert len(seeds) == 200
    assert sample_seed(1, "2/3", 4) != sample_seed(1, "2", 34)


@given(st.integers(1, 2**70), st.integers())
def test_below_stays_below(n: int, seed: int) -> None:
    assert 0 <= below(random.Random(seed), n) < n


@pytest.mark.parametrize("n", [2, 3, 5, 6, 7])
def test_below_is_uniform(n: int) -> None:
    rng, draws = random.Random(5), 3000 * n
    counts = Counter(below(rng, n) for _ in range(draws))
    chi_square = sum((counts[value] - 3000) ** 2 / 3000 for value in range(n))
    assert chi_square < 22.5  # 99.9 % of the distribution with 6 degrees of freedom


def test_fractions_never_change() -> None:
    assert stable_fraction("a") == 0.00845965601079512
    assert stable_fraction("a", "split/42") == 0.3679397879366907
    assert stable_fraction("é", "x") == 0.8850819307006572


def test_fractions_are_uniform_and_depend_on_the_salt() -> None:
    fractions = [stable_fraction(str(number)) for number in range(2000)]
    assert all(0 <= fraction < 1 for fraction in fractions)
    assert abs(sum(fraction < 0.1 for fraction in fractions) - 200) < 60
    other = [stable_fraction(str(number), "salt") for number in range(2000)]
    both = sum(a < 0.5 and b < 0.5 for a, b in zip(fractions, other, strict=True))
    assert abs(both - 500) < 90
