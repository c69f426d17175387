"""Start and goal do not tell the path: every path comes as often as it does among all mazes, each equally likely."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest

from chi_square import p_value, upper_tail
from vtb.puzzles.maze.common.grid import Form
from vtb.puzzles.maze.common.spanning_tree import Graph, neighbours
from vtb.puzzles.registry import families
from vtb.rng import sample_rng

Path = tuple[int, ...]
SAMPLES, LEAST_P, SLACK = 5_000, 1e-4, 0.025
SMALL: dict[str, dict[str, Any]] = {
    "maze_square": {"size": 9}, "maze_hexagon": {"radius": 1}, "maze_circle": {"rings": 2, "segments": 4},
}  # fmt: skip
every_maze = pytest.mark.parametrize("name", sorted(SMALL))


@cache
def paths(name: str, small: bool, algorithm: str = "wilson") -> list[Path]:
    """The paths of many mazes, as rooms of the graph."""
    family = families()[name]
    config = family.config_class(algorithm=algorithm, **(SMALL[name] if small else {}))
    records = (family.sample(sample_rng(2026, name, index), config) for index in range(2 * SAMPLES))
    if name != "maze_square":
        return [tuple(record.solution_path_cell_ids) for record in records]
    side = config.size // 2
    grid = ([divmod(cell, config.size) for cell in record.solution_path_cell_ids] for record in records)
    return [tuple(r // 2 * side + c // 2 for r, c in cells if r % 2 and c % 2) for cells in grid]


def graph_of(name: str, small: bool) -> Graph:
    config = families()[name].config_class(**(SMALL[name] if small else {}))
    if name == "maze_square":
        return neighbours(config.size // 2, config.size // 2)
    form: Form = config.form
    return form.graph


def simple_paths(graph: Graph, path: Path, goal: int) -> Iterator[Path]:
    """Every way on from a path to the goal that visits no room twice."""
    if path[-1] == goal:
        yield path
        return
    for room in graph[path[-1]]:
        if room not in path:
            yield from simple_paths(graph, (*path, room), goal)


def trees_with(graph: Graph, path: Path) -> float:
    """How many spanning trees hold a path: the minor of the Laplacian without its rooms (Kirchhoff)."""
    rest = [room for room in range(len(graph)) if room not in path]
    laplacian = np.diag([float(len(around)) for around in graph])
    for room, around in enumerate(graph):
        laplacian[room, list(around)] = -1
    return float(np.linalg.det(laplacian[np.ix_(rest, rest)]))


def shares(graph: Graph, start: int, goal: int) -> Mapping[Path, float]:
    """Of every path among uniform spanning trees."""
    every = trees_with(graph, (goal,))
    found = {path: trees_with(graph, path) / every for path in simple_paths(graph, (start,), goal)}
    assert sum(found.values()) == pytest.approx(1)
    return found


def by_ends(found: list[Path]) -> Mapping[tuple[int, int], list[Path]]:
    groups = defaultdict(list)
    for path in found:
        groups[path[0], path[-1]].append(path)
    return groups


def uniform_p_value(graph: Graph, found: list[Path]) -> float:
    """How likely paths so far off are among uniform trees: chi-square, the rare paths of two ends in one class."""
    statistic, freedom = 0.0, 0
    for (start, goal), some in by_ends(found).items():
        counts, expected = Counter(some), shares(graph, start, goal)
        common = [path for path in expected if expected[path] * len(some) >= 5]
        pairs = [(counts[path], expected[path] * len(some)) for path in common]
        rest = len(some) - sum(count for count, _ in pairs), len(some) - sum(share for _, share in pairs)
        pairs += [rest] if rest[1] >= 5 else []
        statistic += sum((count - share) ** 2 / share for count, share in pairs)
        freedom += len(pairs) - 1
    assert freedom >= 10
    return upper_tail(freedom, statistic)


@every_maze
def test_every_path_comes_as_often_as_among_all_mazes(name: str) -> None:
    assert uniform_p_value(graph_of(name, True), paths(name, True)) > LEAST_P


def test_depth_first_mazes_prefer_some_paths() -> None:
    """The control: carving as the benchmark does is not uniform, and 2,000 mazes show it."""
    assert uniform_p_value(graph_of("maze_square", True), paths("maze_square", True, "dfs")[:2_000]) < 1e-9


@every_maze
def test_the_commonest_path_between_two_ends_is_hardly_ever_right(name: str) -> None:
    """Who has seen 5,000 mazes and answers by start and goal alone; the best that this can be is known."""
    train, check = by_ends(paths(name, False)[:SAMPLES]), paths(name, False)[SAMPLES:]
    guess = {ends: Counter(found).most_common(1)[0][0] for ends, found in train.items()}
    rate = sum(guess.get((path[0], path[-1])) == path for path in check) / len(check)
    best = max(shares(graph_of(name, False), 0, 15).values()) if name == "maze_square" else 0.0
    assert best < 0.1
    assert rate <= best + SLACK


@every_maze
def test_no_first_or_last_step_is_preferred(name: str) -> None:
    found = paths(name, False)[:SAMPLES]
    last = Counter(path[-2] for path in found)
    assert p_value([last[room] for room in graph_of(name, False)[found[0][-1]]]) > LEAST_P
    if name == "maze_square":
        assert p_value([*Counter(path[1] for path in found).values()]) > LEAST_P
    else:
        starts = Counter(path[0] for path in found)
        form = families()[name].config_class().form
        assert p_value([starts[room] for room in form.starts]) > LEAST_P
