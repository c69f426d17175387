"""What stands beside an accuracy as a blind guess: which row an example has, and that mazes' rows can be measured."""

from __future__ import annotations

from collections import Counter, defaultdict
from statistics import fmean
from typing import Any

import pytest
from perf.blind_paths import commonest_path_rate

from shared.benchmarks.videothinkbench.benchmark_like import pictures, published, task_of
from vtb.benchmarks.videothinkbench.records import as_example
from vtb.puzzles.registry import families, find_family
from vtb.rng import sample_rng
from vtb.tasks.registry import task_of as judge_of

MEASURED = (
    ("maze_square", {"size": 7}, 0.190), ("maze_square", {"size": 9, "algorithm": "dfs"}, 0.033),
    ("maze_square", {"size": 9}, 0.067), ("maze_hexagon", {"radius": 2}, 0.142),
    ("maze_circle", {"rings": 2}, 0.186), ("maze_circle", {"rings": 2, "algorithm": "dfs"}, 0.014),
    ("maze_square", {"size": 7, "endpoints": "random"}, 0.454),
    ("maze_square", {"size": 7, "endpoints": "random", "algorithm": "dfs"}, 0.531),
)  # fmt: skip
NO_SHORTCUT = ("arc_connect", "arc_connect_point_ver", "circle_tangent_point")  # of the benchmark's way
NO_ROW = {"arc_agi_2": "nobody measured it"}


def blind(name: str, index: int = 0, **options: Any) -> float | None:
    """The blind guess at a puzzle of these options."""
    family = find_family(name)
    return family.blind(family.sample(sample_rng(1, name, index), family.config_class(**options)))


@pytest.mark.parametrize(("name", "options", "rate"), MEASURED)
def test_the_table_holds_what_the_commonest_path_gets(name: str, options: dict[str, Any], rate: float) -> None:
    """Learned from 4,000 and judged on 4,000; the table's was learned from 10,000. Four deviations of luck."""
    family, count = find_family(name), 8_000
    config = family.config_class(**options)
    records = [family.sample(sample_rng(9, name, index), config) for index in range(count)]
    found = commonest_path_rate([record.solution_path_cell_ids for record in records])
    assert found == pytest.approx(rate, abs=4 * (2 * rate * (1 - rate) / (count / 2)) ** 0.5 + 0.01)
    # Ends drawn at random are now and then the corners, whose mazes have a row of their own.
    rows = [family.blind(record) for record in records[:50]]
    assert max(set(rows), key=rows.count) == rate


def test_every_family_has_a_row_at_its_defaults_and_as_the_benchmark_makes_it() -> None:
    for name, family in families().items():
        ways: tuple[dict[str, Any], ...] = (
            ({}, {"sampling": "videothinkbench"}) if family.group in ("eyeballing", "visual") else ({},)
        )
        for options in ways:
            rate = blind(name, **options)
            assert (rate is None) == (name in NO_ROW), (name, options)
            assert rate is None or 0 <= rate <= 1


def test_fair_sampling_leaves_chance() -> None:
    by_nature = ("right_triangle", "square_outlier")
    for name, family in families().items():
        if family.group == "eyeballing" and name not in by_nature:
            assert blind(name) == 1 / 5
            assert (blind(name, sampling="videothinkbench") == 1 / 5) == (name in NO_SHORTCUT), name
        if family.group == "visual" and name != "visual_color_overlap_squares":
            record = family.sample(sample_rng(1, name, 0), family.config_class(choices="always"))
            assert blind(name) == 1 / len(record.options), name


@pytest.mark.parametrize(("sampling", "rate"), [("fair", 2 / 3), ("videothinkbench", 1 / 2)])
def test_overlapping_squares_are_guessed_by_their_colors(sampling: str, rate: float) -> None:
    """The answer that came most often with such colors, wherever they are, learned from half of 4,000 puzzles."""
    family, count = find_family("visual_color_overlap_squares"), 4_000
    config = family.config_class(sampling=sampling)
    records = [family.sample(sample_rng(3, family.name, index), config) for index in range(count)]
    said = [(*sorted(record.squares), record.values[1 - record.missing]) for record in records]
    right = [record.values[record.missing] for record in records]
    seen: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for colors, answer in zip(said[: count // 2], right[: count // 2], strict=True):
        seen[colors][answer] += 1
    half = list(zip(said, right, strict=True))[count // 2 :]
    found = sum(seen[colors].most_common(1)[0][0] == answer for colors, answer in half) / len(half)
    assert found == pytest.approx(rate, abs=0.04)
    assert fmean(family.blind(record) or 0.0 for record in records) == pytest.approx(rate, abs=0.03)


@pytest.mark.parametrize(
    ("name", "options"),
    [("maze_square", {"size": 13}), ("maze_hexagon", {"radius": 5}), ("maze_circle", {"segments": 12})],
)
def test_what_was_not_measured_has_none(name: str, options: dict[str, Any]) -> None:
    assert blind(name, **options) is None


@pytest.mark.parametrize(
    ("name", "rate"),
    [("maze_square", 0.033), ("maze_hexagon", 0.0), ("maze_circle", 0.0), ("visual_size_cycle", 1.0),
     ("visual_color_overlap_squares", 0.498), ("midpoint", None), ("arc_agi_2", None)],
)  # fmt: skip
def test_others_puzzles_are_taken_for_the_benchmarks_way_of_sampling(name: str, rate: float | None) -> None:
    puzzle, solution = pictures(name)
    example = as_example(published(name), task_of(name), puzzle, lambda: solution)
    found = judge_of(example).blind(example.payload)
    assert found == (blind("midpoint", sampling="videothinkbench") if name == "midpoint" else rate)
