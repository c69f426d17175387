"""Neither the places of candidates nor counts of what is seen tell the answer: blind guesses are at chance."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from perf.blind_baseline import CANVAS_RULES, MODELS, Places, fitted_rate, model_rate, places_of, rule_rates
from perf.blind_counts import counted
from perf.blind_paths import commonest_path_rate

from chi_square import p_value
from vtb.puzzles.registry import families
from vtb.rng import sample_rng

VISUAL = sorted(name for name, family in families().items() if family.group == "visual")
NAMES = sorted(name for name, family in families().items() if family.group == "eyeballing")
BY_NATURE = {"right_triangle", "square_outlier"}  # their points alone are the puzzle
SAMPLES, CHANCE, SLACK, LEAST_P = 5_000, 0.2, 0.025, 1e-4
every_task = pytest.mark.parametrize("name", NAMES)


@functools.cache
def places(name: str, sampling: str = "fair") -> Places:
    """Of 10,000 samples, or of 5,000 where the model has nothing to be trained for."""
    family, count = families()[name], SAMPLES if name in BY_NATURE or sampling != "fair" else 2 * SAMPLES
    config = family.config_class(sampling=sampling)
    return places_of(family.sample(sample_rng(2026, name, index), config) for index in range(count))


@every_task
def test_blind_guesses_are_at_chance(name: str) -> None:
    found = rule_rates(places(name))
    assert len(found) == 10
    held = {rule: rate for rule, rate in found.items() if name not in BY_NATURE or rule in CANVAS_RULES
            or rule.startswith("always")}  # fmt: skip
    assert len(held) == (7 if name in BY_NATURE else 10)
    assert {rule: rate for rule, rate in held.items() if abs(rate - CHANCE) > SLACK} == {}


@every_task
def test_every_letter_is_right_equally_often(name: str) -> None:
    assert p_value(np.bincount(places(name).right, minlength=5).tolist()) > LEAST_P


@pytest.mark.parametrize("name", [name for name in NAMES if name not in BY_NATURE])
def test_a_model_of_the_places_learns_nothing(name: str) -> None:
    """Trained on 5,000 samples, judged on 5,000 others."""
    assert abs(model_rate(places(name)) - CHANCE) <= SLACK


@pytest.mark.parametrize("name", ["midpoint", "parallel", "ray_intersection", "incenter"])
def test_the_benchmarks_sampling_has_its_shortcuts(name: str) -> None:
    """The control: the same rules and the same model find what there is to be found, in fewer samples."""
    found = places(name, "videothinkbench")
    assert rule_rates(found)["nearest the middle"] > 0.33
    assert model_rate(found) > 0.33


@pytest.mark.parametrize(("name", "least"), [("right_triangle", 0.5), ("square_outlier", 0.9)])
def test_the_model_solves_what_points_alone_answer(name: str, least: float) -> None:
    assert model_rate(places(name)) > least


def count_rates(name: str, sampling: str, models: tuple[str, ...], samples: int) -> tuple[dict[str, float], float]:
    """How often models that count are right, and how often the options alone are."""
    family = families()[name]
    config = family.config_class(sampling=sampling, choices="always")
    features, right = counted([family.sample(sample_rng(2026, name, index), config) for index in range(samples)])
    return {model: fitted_rate(features, right, model) for model in models}, 1 / features.shape[1]


@pytest.mark.parametrize("name", VISUAL)
def test_counting_what_is_seen_tells_no_visual_answer(name: str) -> None:
    rates, chance = count_rates(name, "fair", ("linear", "boosting"), 2 * SAMPLES)
    assert {model: rate for model, rate in rates.items() if abs(rate - chance) > SLACK} == {}


@pytest.mark.parametrize("name", VISUAL)
def test_the_benchmarks_visual_puzzles_are_told_by_counting(name: str) -> None:
    """The control: the same models find what there is to be found."""
    rates, chance = count_rates(name, "videothinkbench", ("boosting",), 2_000)
    assert rates["boosting"] > chance + 0.1


def test_the_commonest_path_is_what_is_guessed() -> None:
    seen = [[1, 2, 3], [1, 2, 3], [1, 5, 3], [4, 5]]
    assert commonest_path_rate([*seen, [1, 2, 3], [1, 5, 3], [4, 5], [7, 8]]) == 0.5
    assert len(MODELS) == 4
