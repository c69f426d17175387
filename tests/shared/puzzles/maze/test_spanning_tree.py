"""Spanning trees: Wilson's are uniform, and the counts are those that enumeration finds."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from fractions import Fraction

import pytest

from vtb.puzzles.maze.common.spanning_tree import (
    Tree,
    count_depth_first,
    count_uniform,
    depth_first,
    neighbours,
    path,
    wilson,
)

Edges = frozenset[tuple[int, int]]
SMALL = [(1, 1), (1, 5), (2, 2), (2, 3), (3, 2), (2, 4), (3, 3), (3, 4), (4, 3)]


def edges_of(tree: Tree) -> Edges:
    """The edges of a tree, whatever its root."""
    return frozenset((min(pair), max(pair)) for pair in enumerate(tree) if pair[0] != pair[1])


def grid_edges(rows: int, cols: int) -> list[tuple[int, int]]:
    return [(room, other) for room, around in enumerate(neighbours(rows, cols)) for other in around if room < other]


def all_spanning_trees(rows: int, cols: int) -> int:
    """How many sets of edges join all rooms without a circle, by trying all."""
    edges, found = grid_edges(rows, cols), 0
    for chosen in itertools.combinations(edges, rows * cols - 1):
        group = list(range(rows * cols))
        for a, b in chosen:
            one, other = group[a], group[b]
            if one == other:
                break
            group = [one if value == other else value for value in group]
        else:
            found += 1
    return found


def determinant(rows: int, cols: int) -> int:
    """Kirchhoff's theorem: the determinant of the Laplacian without one row and column, exactly."""
    size = rows * cols - 1
    matrix = [[Fraction(0)] * size for _ in range(size)]
    for room in range(size):
        matrix[room][room] = Fraction(len(neighbours(rows, cols)[room]))
        for other in neighbours(rows, cols)[room]:
            if other < size:
                matrix[room][other] = Fraction(-1)
    product = Fraction(1)
    for step in range(size):  # positive definite: no pivoting is needed
        product *= matrix[step][step]
        for row in range(step + 1, size):
            factor = matrix[row][step] / matrix[step][step]
            matrix[row] = [a - factor * b for a, b in zip(matrix[row], matrix[step], strict=True)]
    return int(product)


def all_depth_first_trees(rows: int, cols: int) -> set[Edges]:
    """Every tree that some sequence of choices carves from the first room."""
    around, found = neighbours(rows, cols), set()

    def carve(stack: tuple[int, ...], parent: dict[int, int]) -> None:
        while stack:
            options = [room for room in around[stack[-1]] if room not in parent]
            if options:
                break
            stack = stack[:-1]
        else:
            found.add(frozenset((min(a, b), max(a, b)) for a, b in parent.items() if a != b))
            return
        for room in options:
            carve((*stack, room), {**parent, room: stack[-1]})

    carve((0,), {0: 0})
    return found


@pytest.mark.parametrize("make", [wilson, depth_first])
@pytest.mark.parametrize(("rows", "cols"), [*SMALL, (9, 7), (20, 20)])
def test_every_draw_is_a_spanning_tree(make: object, rows: int, cols: int) -> None:
    tree = make(random.Random(rows * 100 + cols), rows, cols)  # type: ignore[operator]
    assert edges_of(tree) <= set(grid_edges(rows, cols))
    assert len(edges_of(tree)) == rows * cols - 1
    # All rooms lead to one root, so there is no circle.
    assert all(path(tree, room, rows * cols - 1)[-1] == rows * cols - 1 for room in range(rows * cols))


def test_wilson_is_uniform_over_all_192_trees() -> None:
    rng, each = random.Random(1996), 60
    counts = Counter(edges_of(wilson(rng, 3, 3)) for _ in range(192 * each))
    assert len(counts) == 192
    chi_square = sum((count - each) ** 2 / each for count in counts.values())
    # 191 degrees of freedom: 99.9 % of the distribution lies below 257, and 99.9 % above 135.
    assert 135 < chi_square < 257


def test_depth_first_draws_what_can_be_carved_and_nothing_else() -> None:
    rng = random.Random(7)
    assert {edges_of(depth_first(rng, 3, 3)) for _ in range(1000)} == all_depth_first_trees(3, 3)


@pytest.mark.parametrize(("side", "count"), [(3, 14), (4, 322), (5, 23974)])
def test_counts_of_carved_trees(side: int, count: int) -> None:
    assert count_depth_first(side, side) == count


@pytest.mark.parametrize(("rows", "cols"), [*SMALL, (4, 4), (2, 6)])
def test_counts_of_carved_trees_agree_with_enumeration(rows: int, cols: int) -> None:
    assert count_depth_first(rows, cols) == len(all_depth_first_trees(rows, cols))


def test_no_count_where_it_would_take_too_long() -> None:
    assert count_depth_first(6, 6) is None


@pytest.mark.parametrize(("rows", "cols"), SMALL)
def test_uniform_counts_agree_with_enumeration(rows: int, cols: int) -> None:
    assert count_uniform(rows, cols) == all_spanning_trees(rows, cols) == determinant(rows, cols)


@pytest.mark.parametrize(("rows", "cols"), [(4, 4), (5, 5), (2, 9), (4, 6)])
def test_uniform_counts_agree_with_the_determinant(rows: int, cols: int) -> None:
    assert count_uniform(rows, cols) == determinant(rows, cols)


def test_known_and_huge_counts() -> None:
    assert [count_uniform(side, side) for side in (2, 3, 4, 5)] == [4, 192, 100_352, 557_568_000]
    assert count_uniform(8, 8) == pytest.approx(determinant(8, 8), rel=1e-9)
    assert count_uniform(50, 50) == math.inf


def test_the_path_is_the_only_one() -> None:
    tree = wilson(random.Random(3), 6, 5)
    edges = edges_of(tree)
    for start, goal in itertools.product(range(30), repeat=2):
        rooms = path(tree, start, goal)
        assert (rooms[0], rooms[-1]) == (start, goal)
        assert len(set(rooms)) == len(rooms)
        assert all((min(pair), max(pair)) in edges for pair in itertools.pairwise(rooms))
