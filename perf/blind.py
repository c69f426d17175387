"""How often blind guesses are right at eyeballing: a line a task and sampling; chance is 0.2, and nothing is timed.

Where the benchmark's sampling lets a guess find the answer, fair sampling does not: the line says by how much.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from perf.blind_baseline import MODELS, model_rate, places_of, rule_rates
from vtb.puzzles.family import Family
from vtb.puzzles.registry import families
from vtb.rng import sample_rng

SAMPLES = 4_000


def run() -> Iterator[dict[str, Any]]:
    """The rate of each rule, and of each model that was trained on the places."""
    for sampling in ("fair", "videothinkbench"):
        for family in families().values():
            if family.group == "eyeballing":
                yield _rates(family, sampling)


def _rates(family: Family[Any], sampling: str) -> dict[str, Any]:
    config = family.config_class(sampling=sampling)
    places = places_of(family.sample(sample_rng(1, family.name, index), config) for index in range(SAMPLES))
    rates = {**rule_rates(places), **{model: model_rate(places, model) for model in MODELS}}
    rules = {rule: round(rate, 3) for rule, rate in rates.items()}
    return {"name": f"blind {family.name}, {sampling}", "value": max(rules.values()), "unit": "rate", **rules}
