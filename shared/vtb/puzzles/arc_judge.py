"""Judging ARC outputs cell by cell, in pictures and in words (VideoThinkBench, scoring)."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np

from vtb.canvas import Image
from vtb.formats.arc import Grid, grid
from vtb.puzzles.arc_layout import BLANK, COLOURS, PALETTE, Layout
from vtb.puzzles.family import Score

TEXT_TAIL = 50_000
_GRID = re.compile(r"\[\s*\[[\d\s,]*\](?:\s*,\s*\[[\d\s,]*\])*\s*\]")


def judge(image: Image, layout: Layout, right: Grid) -> Score:
    """Every cell of the last output by the mean colour of its inner part."""
    import cv2

    if image.shape[:2] != (layout.height, layout.width):
        if min(image.shape[:2]) < 1:
            return Score(False, False, "empty picture")
        image = np.asarray(cv2.resize(image, (layout.width, layout.height), interpolation=cv2.INTER_AREA))
    left, top = layout.places[-1][1]
    inset = max(1, layout.cell // 6)
    found = []
    for r in range(len(right)):
        y = top + r * layout.cell
        rows = image[y + inset + 1 : y + layout.cell - inset]
        xs = [left + c * layout.cell for c in range(len(right[0]))]
        means = [rows[:, x + inset + 1 : x + layout.cell - inset].reshape(-1, 3).mean(axis=0) for x in xs]
        found.append(tuple(_nearest(mean) for mean in means))
    return compare(tuple(found), right)


def _nearest(mean: Any) -> int:
    """The nearest colour of ARC; a blank cell is none."""
    colours = np.asarray((*COLOURS, PALETTE[BLANK]), np.float64)
    return int(np.argmin(((colours - mean) ** 2).sum(axis=1)))


def compare(found: Grid, right: Grid) -> Score:
    """Right when every cell is; the share of right cells is a detail."""
    if (len(found), len(found[0])) != (len(right), len(right[0])):
        size = f"{len(found)}x{len(found[0])}"
        return Score(False, False, "grid of another size", {"cell_accuracy": 0.0, "size": size})
    same = sum(a == b for rows in zip(found, right, strict=True) for a, b in zip(*rows, strict=True))
    cells = len(right) * len(right[0])
    solved = same == cells
    return Score(solved, solved, "solved" if solved else "wrong cells", {"cell_accuracy": round(same / cells, 4)})


def last_grid(text: str) -> Grid | None:
    """The last list of rows in a text, however it is broken into lines; only the end of the text is looked at."""
    lists: list[str] = _GRID.findall(text[-TEXT_TAIL:])
    try:
        return grid(json.loads(lists[-1])) if lists else None
    except ValueError:  # a number too many or too few, rows of several lengths, colours beyond 9
        return None
