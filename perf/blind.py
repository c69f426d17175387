"""How often blind guesses are right: a line a task and sampling, with an interval; nothing is timed.

Eyeballing is guessed by the candidates' places (chance is one in five), visual puzzles by counting what is seen, mazes
by their ends. Where the benchmark's sampling lets a guess find the answer, fair sampling does not: the line says by how
much. Models learn from half the samples and are judged on the others: so many that a leak of one point shows. What is
found goes into ``vtb.puzzles.blind``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from perf.blind_baseline import MODELS, fitted_rate, model_rate, places_of, rule_rates
from perf.blind_counts import counted
from perf.blind_paths import commonest_path_rate
from vtb.puzzles.family import Family
from vtb.puzzles.registry import families, find_family
from vtb.rng import sample_rng

SAMPLES = 20_000
ALGORITHMS = ("wilson", "dfs")
MAZES: tuple[tuple[str, dict[str, Any]], ...] = tuple(
    (name, {**options, "algorithm": algorithm})
    for name, every in (
        ("maze_square", [{"size": size, "endpoints": ends} for size in (7, 9, 11) for ends in ("corners", "random")]),
        ("maze_hexagon", [{"radius": radius} for radius in (2, 3, 4)]),
        ("maze_circle", [{"rings": rings} for rings in (2, 4, 6)]),
    )
    for options in every
    for algorithm in ALGORITHMS
)


def run() -> Iterator[dict[str, Any]]:
    """The rate of each rule, and of each model that was trained on what may be known."""
    for sampling in ("fair", "videothinkbench"):
        for family in families().values():
            if family.group == "eyeballing":
                yield _places(family, sampling)
            elif family.group == "visual":
                yield _counts(family, sampling)
    for name, options in MAZES:
        paths = [record.solution_path_cell_ids for record in _records(find_family(name), options)]
        yield _line(f"{name}, {options}", {"commonest path": commonest_path_rate(paths)}, 0.0)


def _places(family: Family[Any], sampling: str) -> dict[str, Any]:
    places = places_of(_records(family, {"sampling": sampling}))
    rates = {**rule_rates(places), **{model: model_rate(places, model) for model in MODELS}}
    return _line(f"{family.name}, {sampling}", rates, 0.2)


def _counts(family: Family[Any], sampling: str) -> dict[str, Any]:
    features, right = counted([*_records(family, {"sampling": sampling, "choices": "always"})])
    rates = {model: fitted_rate(features, right, model) for model in MODELS}
    return _line(f"{family.name}, {sampling}", rates, 1 / features.shape[1])


def _records(family: Family[Any], options: dict[str, Any]) -> Iterator[Any]:
    config = family.config_class(**options)
    return (family.sample(sample_rng(1, family.name, index), config) for index in range(SAMPLES))


def _line(name: str, rates: dict[str, float], chance: float) -> dict[str, Any]:
    """The best guess, and how far off a rate may be by luck: 95 % of the time, in the half that is judged."""
    best = max(rates.values())
    off = round(1.96 * (best * (1 - best) / (SAMPLES / 2)) ** 0.5, 4)
    figures = {"value": round(best, 4), "unit": "rate", "plus or minus": off, "chance": round(chance, 4)}
    return {"name": f"blind {name}", **figures, **{rule: round(rate, 4) for rule, rate in rates.items()}}
