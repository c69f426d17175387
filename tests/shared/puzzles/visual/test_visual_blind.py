"""Who sees the options of a visual puzzle but not its picture is right by chance only."""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from chi_square import p_value, upper_tail
from shared.puzzles.visual.visual_table import TEN, family_of
from vtb.puzzles.visual.common.base import Config
from vtb.rng import sample_rng

SAMPLES, LEAST_P, SLACK = 5_000, 1e-4, 0.025
every_puzzle = pytest.mark.parametrize("name", TEN)
every_sampling = pytest.mark.parametrize("sampling", ["fair", "videothinkbench"])


@functools.cache
def questions(name: str, sampling: str) -> list[tuple[list[str], str]]:
    """Options and answer of many puzzles; the options of the first half only are ever looked at by a fitted guess."""
    family, config = family_of(name), Config(sampling=sampling, choices="always")  # type: ignore[arg-type]
    records: list[Any] = [family.sample(sample_rng(2026, name, index), config) for index in range(2 * SAMPLES)]
    return [(record.options, family.answer(record)) for record in records]


@every_sampling
@every_puzzle
def test_every_place_among_the_options_is_right_equally_often(name: str, sampling: str) -> None:
    asked = questions(name, sampling)[:SAMPLES]
    (count,) = {len(options) for options, _ in asked}
    found = Counter(options.index(answer) for options, answer in asked)
    assert count >= 2
    assert p_value([found[place] for place in range(count)]) > LEAST_P


@every_sampling
@every_puzzle
def test_the_words_of_the_options_tell_nothing(name: str, sampling: str) -> None:
    """By the alphabet, by how often a word was right before, and by what was right among the same options before."""
    train, check = questions(name, sampling)[:SAMPLES], questions(name, sampling)[SAMPLES:]
    listed = Counter(option for options, _ in train for option in options)
    right = Counter(answer for _, answer in train)
    among: dict[frozenset[str], Counter[str]] = defaultdict(Counter)
    for options, answer in train:
        among[frozenset(options)][answer] += 1
    rules: dict[str, Callable[[Sequence[str]], str]] = {
        "first by the alphabet": lambda options: min(options),
        "last by the alphabet": lambda options: max(options),
        "shortest": lambda options: min(options, key=len),
        "most often right": lambda options: max(options, key=lambda word: right[word] / max(1, listed[word])),
        "right among the same": lambda options: max(options, key=lambda word: among[frozenset(options)][word]),
    }
    chance = sum(1 / len(options) for options, _ in check) / len(check)
    rates = {rule: sum(guess(o) == answer for o, answer in check) / len(check) for rule, guess in rules.items()}
    assert {rule: rate for rule, rate in rates.items() if abs(rate - chance) > SLACK} == {}


def test_the_statistic_is_that_of_the_tables() -> None:
    """Critical values as printed in every table of the chi-square distribution."""
    for freedom, tail, value in ((1, 0.05, 3.841), (2, 0.01, 9.21), (3, 0.05, 7.815), (4, 0.001, 18.467)):
        assert upper_tail(freedom, value) == pytest.approx(tail, rel=2e-3)
    assert p_value([1100, 1000, 1000, 1000, 900]) < 1e-3 < p_value([1040, 1000, 1000, 1000, 960])
