"""Small tasks of our own in the form of ARC, for those who have not fetched the public ones."""

from __future__ import annotations

import random

from vtb.formats.arc import ArcTask, Grid
from vtb.rng import below

OWN_SIDE, OWN_PAIRS = 5, 4  # the largest grids, and the pairs with the question


def own_task(rng: random.Random) -> ArcTask:
    """A small task with one of three rules: mirrored left to right, mirrored top to bottom, two colors swapped."""
    rule, rows, cols = below(rng, 3), *(OWN_SIDE - 2 + below(rng, 3) for _ in range(2))
    one, two = 1 + below(rng, 4), 5 + below(rng, 5)
    swap = {one: two, two: one}

    def output(cells: Grid) -> Grid:
        if rule == 0:
            return tuple(row[::-1] for row in cells)
        return cells[::-1] if rule == 1 else tuple(tuple(swap.get(cell, cell) for cell in row) for row in cells)

    inputs = [
        tuple(tuple((0, one, two)[below(rng, 3)] for _ in range(cols)) for _ in range(rows)) for _ in range(OWN_PAIRS)
    ]
    *train, test = [(cells, output(cells)) for cells in inputs]
    return ArcTask(f"own-{rule}", tuple(train), test)
