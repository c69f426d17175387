"""Random spanning trees of a grid of rooms, and how many there are.

A tree is a list ``parent`` with one entry per room (row-major index): the next room on the way to the root, and the
root's own index at the root.
"""

from __future__ import annotations

import functools
import math
import random

from vtb.rng import below

Tree = list[int]


@functools.cache
def neighbours(rows: int, cols: int) -> tuple[tuple[int, ...], ...]:
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
    """A uniform spanning tree by loop-erased random walks (D. B. Wilson, STOC 1996), rooted at the last room."""
    around = neighbours(rows, cols)
    rooms = rows * cols
    parent = [-1] * rooms
    parent[-1] = rooms - 1
    inside = bytearray(rooms)
    inside[-1] = 1
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
    """A tree carved depth-first from the first room: long corridors, few different ones (``count_depth_first``)."""
    around = neighbours(rows, cols)
    parent = [-1] * (rows * cols)
    parent[0] = 0
    stack = [0]
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
    if log_count > 700:
        return math.inf
    count = math.exp(log_count)
    return float(round(count)) if count < 2**40 else count


def count_depth_first(rows: int, cols: int) -> float | None:
    """The number of trees that depth-first carving from a corner can make, or None where counting takes too long.

    Carving into one unvisited region always finishes that region, so the count is a product over the regions beside
    the current room of the sum over the rooms by which each can be entered.
    """
    if rows * cols > 25:
        return None
    around = neighbours(rows, cols)

    @functools.cache
    def trees(room: int, unvisited: frozenset[int]) -> int:
        product, left = 1, unvisited
        while doors := [next_room for next_room in around[room] if next_room in left]:
            region = _region(around, doors[0], left)
            product *= sum(trees(door, region - {door}) for door in doors if door in region)
            left = left - region
        return product

    return float(trees(0, frozenset(range(1, rows * cols))))


def _region(around: tuple[tuple[int, ...], ...], room: int, allowed: frozenset[int]) -> frozenset[int]:
    """The rooms that can be reached from a room inside ``allowed``."""
    seen, stack = {room}, [room]
    while stack:
        for next_room in around[stack.pop()]:
            if next_room in allowed and next_room not in seen:
                seen.add(next_room)
                stack.append(next_room)
    return frozenset(seen)
