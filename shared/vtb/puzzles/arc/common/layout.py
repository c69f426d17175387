"""Pictures of ARC tasks: where the grids lie for cells of a size, how they are drawn, in which order they fill.

Layout and colors: VideoThinkBench (arXiv 2511.04570), ARC-AGI-2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vtb.formats.arc import ArcTask, Grid
from vtb.media.image import Picture
from vtb.puzzles.arc.common.palette import ARROW, BACKGROUND, BLANK, LINE
from vtb.puzzles.arc.common.record import Placement

LEAST_CELL = 4  # pixels a side with which a cell's color survives a clip
DOMINANT = 0.7  # a color with a larger share of the output is filled in first


@dataclass(frozen=True)
class Layout:
    """Where the grids lie for one size of cells: (row of the picture, 0 input or 1 output) to left and top."""

    cell: int
    width: int
    height: int
    places: tuple[tuple[tuple[int, int], tuple[int, int]], ...]


def lay_out(pairs: Sequence[tuple[Grid, Grid]], cell: int) -> Layout:
    """Where every grid lies for cells of this size; inputs and outputs are centred in their columns."""
    margin, gap, row_gap = max(24, cell // 2), max(72, 2 * cell), max(36, cell)
    wide = [max(len(pair[side][0]) for pair in pairs) * cell for side in (0, 1)]
    places, top = [], margin
    for a, b in pairs:
        high = max(len(a), len(b)) * cell
        left = margin + (wide[0] - len(a[0]) * cell) // 2
        right = margin + wide[0] + gap + (wide[1] - len(b[0]) * cell) // 2
        places.append(((left, top + (high - len(a) * cell) // 2), (right, top + (high - len(b) * cell) // 2)))
        top += high + row_gap
    return Layout(cell, 2 * margin + sum(wide) + gap, top - row_gap + margin, tuple(places))


def fit(pairs: Sequence[tuple[Grid, Grid]], cell: int, width: int, height: int) -> Layout:
    """The largest cells, up to a size, with which the picture fits; cells of a pixel where none do."""
    while cell > 1:
        layout = lay_out(pairs, cell)
        if layout.width <= width and layout.height <= height:
            return layout
        cell -= 1
    return lay_out(pairs, 1)


def least_size(task: ArcTask) -> tuple[int, int]:
    """Width and height of the smallest picture of a task that can be judged."""
    layout = lay_out([*task.train, task.test], LEAST_CELL)
    return layout.width, layout.height


def placements(pairs: Sequence[tuple[Grid, Grid]], layout: Layout) -> list[Placement]:
    """Kind, box and size of every grid, as the benchmark records them."""
    found = []
    for row, (pair, places) in enumerate(zip(pairs, layout.places, strict=True)):
        for part, cells, (left, top) in zip(("input", "output"), pair, places, strict=True):
            kind = f"test_{part}" if row == len(pairs) - 1 else f"train_{row}_{part}"
            box = left, top, left + len(cells[0]) * layout.cell, top + len(cells) * layout.cell
            found.append(Placement(kind, box, len(cells), len(cells[0])))
    return found


def draw(pairs: Sequence[tuple[Grid, Grid]], layout: Layout, *, solved: bool) -> Picture:
    """All grids and the arrows between them; the last output is blank unless solved."""
    import cv2

    picture = np.full((layout.height, layout.width), BACKGROUND, np.uint8)
    for row, ((a, b), (left, right)) in enumerate(zip(pairs, layout.places, strict=True)):
        hidden = row == len(pairs) - 1 and not solved
        _draw_grid(picture, layout.cell, left, np.asarray(a, np.uint8))
        output = np.asarray(b, np.uint8)
        _draw_grid(picture, layout.cell, right, np.full_like(output, BLANK) if hidden else output)
        y = right[1] + len(b) * layout.cell // 2
        start, end = left[0] + len(a[0]) * layout.cell + 14, right[0] - 14
        cv2.arrowedLine(picture, (start, y), (max(start + 8, end), y), ARROW, 3, tipLength=0.3)
    return picture


def _draw_grid(picture: Picture, cell: int, place: tuple[int, int], cells: Picture) -> None:
    left, top = place
    rows, cols = cells.shape
    picture[top : top + rows * cell, left : left + cols * cell] = cells.repeat(cell, 0).repeat(cell, 1)
    picture[top : top + rows * cell + 1 : cell, left : left + cols * cell + 1] = LINE
    picture[top : top + rows * cell + 1, left : left + cols * cell + 1 : cell] = LINE


def filling(output: Grid) -> list[list[tuple[int, int]]]:
    """The cells of the output in the order of filling: those of a dominant color at once, then one by one."""
    counts = Counter(color for row in output for color in row)
    color, count = counts.most_common(1)[0]
    every = [(r, c) for r in range(len(output)) for c in range(len(output[0]))]
    if count <= DOMINANT * len(every):
        return [[cell] for cell in every]
    first = [(r, c) for r, c in every if output[r][c] == color]
    return [first, *([(r, c)] for r, c in every if output[r][c] != color)]


def fill(picture: Picture, layout: Layout, output: Grid, cells: Sequence[tuple[int, int]]) -> None:
    """Fill some cells of the last output."""
    left, top = layout.places[-1][1]
    for r, c in cells:
        y, x = top + r * layout.cell, left + c * layout.cell
        picture[y + 1 : y + layout.cell, x + 1 : x + layout.cell] = output[r][c]
