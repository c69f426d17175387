"""Judging ARC answers: every cell of the output by its color (VideoThinkBench, scoring)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from vtb.formats.arc import Grid
from vtb.media.image import Image
from vtb.puzzles.arc.common.layout import Layout
from vtb.puzzles.arc.common.palette import BLANK, COLORS, PALETTE
from vtb.tasks.score import Score

_NAMED = np.asarray((*COLORS, PALETTE[BLANK]), np.float64)  # a blank cell is none of the ten


def judge(image: Image, layout: Layout, right: Grid) -> Score:
    """Every cell of the last output."""
    (left, top), (rows, cols) = layout.places[-1][1], (len(right), len(right[0]))
    box = (left, top, left + cols * layout.cell, top + rows * layout.cell)
    found = read_cells(image, (layout.width, layout.height), box, rows, cols)
    return compare(found, right) if found else Score(False, False, "empty picture")


def read_cells(image: Image, size: Sequence[int], box: Sequence[int], rows: int, cols: int) -> Grid | None:
    """The colors of a grid's cells, each by the mean of its inner part; None for an empty picture.

    Args:
        image: an answer of any size.
        size: width and height of the picture in which the grid's place is known.
        box: left, top, right and bottom of the grid there.
        rows: of the grid.
        cols: of the grid.
    """
    import cv2

    if min(image.shape[:2]) < 1:
        return None
    if image.shape[1::-1] != tuple(size):
        image = np.asarray(cv2.resize(image, (size[0], size[1]), interpolation=cv2.INTER_AREA))
    left, top, right, bottom = box
    xs = [left + (right - left) * c / cols for c in range(cols + 1)]
    ys = [top + (bottom - top) * r / rows for r in range(rows + 1)]
    bands = [image[_inner(y, below)] for y, below in itertools.pairwise(ys)]
    return tuple(tuple(_nearest(band[:, _inner(x, beside)]) for x, beside in itertools.pairwise(xs)) for band in bands)


def _inner(start: float, end: float) -> slice:
    """A cell without its lines and a sixth on either side."""
    inset = max(1, int((end - start) // 6))
    return slice(round(start) + inset + 1, max(round(start) + inset + 2, round(end) - inset))


def _nearest(cell: Image) -> int:
    mean = cell.reshape(-1, 3).mean(axis=0)
    return int(np.argmin(((_NAMED - mean) ** 2).sum(axis=1)))


def compare(found: Grid, right: Grid) -> Score:
    """Right when every cell is; the share of right cells is in the details."""
    if (len(found), len(found[0])) != (len(right), len(right[0])):
        size = f"{len(found)}x{len(found[0])}"
        return Score(False, False, "grid of another size", {"cell_accuracy": 0.0, "size": size})
    same = sum(a == b for rows in zip(found, right, strict=True) for a, b in zip(*rows, strict=True))
    cells = len(right) * len(right[0])
    solved = same == cells
    return Score(solved, solved, "solved" if solved else "wrong cells", {"cell_accuracy": round(same / cells, 4)})
