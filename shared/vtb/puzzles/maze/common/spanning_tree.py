"""Random spanning trees of a graph of rooms, and how many there are; the graph of a square grid among them.

A graph is a tuple with the neighbours of each room. A tree is a list ``parent`` with one entry per room: the next room
on the way to the root, and the root's own index at the root. Rooms of a grid are numbered row by row.
"""

from __future__ import annotations

import functools
import math
import random

import numpy as np

from vtb.rng import below

Tree = list[int]
Graph = tuple[tuple[int, ...], ...]
MOST_CARVED = 25  # rooms up to which the trees of depth-first carving are counted


@functools.cache
def neighbours(rows: int, cols: int) -> Graph:
    """The rooms that share a side with each room: up, left, right, down."""
    return tuple(
        tuple(
            (r + dr) * cols + c + dc
            for dr, dc in ((-1, 0), (0, -1), (0, 1), (1, 0))
            if 0 <= r + dr < rows and 0 <= c + dc < cols
        )
        for r in range(rows)
        for c in range(cols)
    )


def wilson(rng: random.Random, rows: int, cols: int) -> Tree:
    """A uniform spanning tree of a grid, rooted at the last room."""
    return wilson_on(rng, neighbours(rows, cols), rows * cols - 1)


def wilson_on(rng: random.Random, around: Graph, root: int) -> Tree:
    """A uniform spanning tree by loop-erased random walks (D. B. Wilson, STOC 1996)."""
    rooms = len(around)
    parent = [-1] * rooms
    parent[root] = root
    inside = bytearray(rooms)
    inside[root] = 1
    for first in range(rooms):
        room = first
        while not inside[room]:  # walk until the tree is met; a later step overwrites, which erases loops
            options = around[room]
            parent[room] = room = options[below(rng, len(options))]
        room = first
        while not inside[room]:
            inside[room] = 1
            room = parent[room]
    return parent


def depth_first(rng: random.Random, rows: int, cols: int) -> Tree:
    """A tree of a grid carved depth-first from the first room."""
    return depth_first_on(rng, neighbours(rows, cols), 0)


def depth_first_on(rng: random.Random, around: Graph, root: int) -> Tree:
    """A tree carved depth-first: long corridors, few different ones (``count_depth_first_on``)."""
    parent = [-1] * len(around)
    parent[root] = root
    stack = [root]
    while stack:
        options = [room for room in around[stack[-1]] if parent[room] < 0]
        if not options:
            stack.pop()
            continue
        room = options[below(rng, len(options))]
        parent[room] = stack[-1]
        stack.append(room)
    return parent


def path(parent: Tree, start: int, goal: int) -> list[int]:
    """The only way from start to goal in the tree, both included."""
    up = _to_root(parent, start)
    place = {room: index for index, room in enumerate(up)}
    down = []
    room = goal
    while room not in place:
        down.append(room)
        room = parent[room]
    return up[: place[room] + 1] + down[::-1]


def _to_root(parent: Tree, room: int) -> list[int]:
    rooms = [room]
    while parent[room] != room:
        room = parent[room]
        rooms.append(room)
    return rooms


def count_uniform(rows: int, cols: int) -> float:
    """The number of spanning trees of the grid, by Kirchhoff's theorem in its closed form for grids.

    ``(1 / rows cols) * prod over (i, j) != (0, 0) of (4 - 2 cos(pi i / rows) - 2 cos(pi j / cols))``; exact below 2^50.
    """
    log_count = -math.log(rows * cols)
    for i in range(rows):
        for j in range(cols):
            if i or j:
                log_count += math.log(4 - 2 * math.cos(math.pi * i / rows) - 2 * math.cos(math.pi * j / cols))
    return _from_log(log_count)


def count_uniform_on(around: Graph) -> float:
    """The number of spanning trees of a graph: the determinant of its Laplacian without the first row and column.

    Kirchhoff's theorem; exact below 2^40, and nine digits above, so that every machine says the same.
    """
    laplacian = np.diag([float(len(rooms)) for rooms in around])
    for room, others in enumerate(around):
        laplacian[room, list(others)] = -1
    count = _from_log(float(np.linalg.slogdet(laplacian[1:, 1:]).logabsdet))
    return count if count < 2**40 else float(f"{count:.9g}")


def _from_log(log_count: float) -> float:
    if log_count > 700:
        return math.inf
    count = math.exp(log_count)
    return float(round(count)) if count < 2**40 else count


def count_depth_first(rows: int, cols: int) -> float | None:
    """How many trees depth-first carving of a grid from a corner can make, or None where counting takes too long."""
    return count_depth_first_on(neighbours(rows, cols), 0)


@functools.lru_cache(maxsize=8)
def count_depth_first_on(around: Graph, root: int) -> float | None:
    """How many trees depth-first carving can make, or None where counting takes too long.

    Carving into one unvisited region always finishes that region, so the count is a product over the regions beside
    the current room of the sum over the rooms by which each can be entered.
    """
    if len(around) > MOST_CARVED:
        return None

    @functools.cache
    def trees(room: int, unvisited: frozenset[int]) -> int:
        product, left = 1, unvisited
        while doors := [next_room for next_room in around[room] if next_room in left]:
            region = _region(around, doors[0], left)
            product *= sum(trees(door, region - {door}) for door in doors if door in region)
            left = left - region
        return product

    return float(trees(root, frozenset(range(len(around))) - {root}))


def _region(around: Graph, room: int, allowed: frozenset[int]) -> frozenset[int]:
    """The rooms that can be reached from a room inside ``allowed``."""
    seen, stack = {room}, [room]
    while stack:
        for next_room in around[stack.pop()]:
            if next_room in allowed and next_room not in seen:
                seen.add(next_room)
                stack.append(next_room)
    return frozenset(seen)
