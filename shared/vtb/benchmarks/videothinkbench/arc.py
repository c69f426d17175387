"""ARC-AGI-2 records of the benchmark: the places of their grids are on record, or read off the pictures."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtb.benchmarks.videothinkbench.picture_family import ForeignFamily
from vtb.errors import BadInput
from vtb.formats.arc import grid
from vtb.media.image import Image
from vtb.puzzles.arc.common.judge import compare, read_cells
from vtb.puzzles.arc.common.palette import BACKGROUND, PALETTE
from vtb.puzzles.family import Record, Score
from vtb.puzzles.judging.answers import last_grid

Mask = NDArray[np.uint8]
LINE_MAX = 40  # grid lines are darker


class ArcByPicture(ForeignFamily):
    """An ARC task of which the record has the place and the cells of the output."""

    def validate(self, record: Record) -> None:
        """The output's place lies inside the canvas and has whole cells."""
        left, top, right, bottom = record["output_box"]
        width, height = record["canvas_dimensions"]
        output = grid(record["test_output"])
        if not (0 <= left < right <= width and 0 <= top < bottom <= height and max(width, height) <= 16384):
            raise BadInput("the output's grid does not lie inside the canvas")
        if (right - left) / len(output[0]) < 3 or (bottom - top) / len(output) < 3:
            raise BadInput("a cell of the output has fewer than 3 pixels")

    def identity(self, record: Record) -> str:
        """The output and its place."""
        return hashlib.sha256(f"{record['test_output']} {record['output_box']}".encode()).hexdigest()

    def difficulty(self, record: Record) -> dict[str, float]:
        """Size of the output."""
        return {"size": max(len(record["test_output"]), len(record["test_output"][0]))}

    def answer(self, record: Record) -> str:
        """The output grid as JSON."""
        return str([list(row) for row in record["test_output"]])

    def score_text(self, record: Record, text: str, puzzle: Image | None = None) -> Score:
        """The last JSON list of rows in the text; every cell must be right."""
        found = last_grid(text)
        return Score(False, False, "no grid") if found is None else compare(found, grid(record["test_output"]))

    def score_image(self, record: Record, image: Image, puzzle: Image | None = None) -> Score:
        """The nearest color of every cell's inner part; every cell must be right."""
        right = grid(record["test_output"])
        found = read_cells(image, record["canvas_dimensions"], record["output_box"], len(right), len(right[0]))
        return compare(found, right) if found else Score(False, False, "empty picture")


def as_ours(record: dict[str, Any]) -> dict[str, Any]:
    """A record of the benchmark: where the output lies, and what is right there."""
    if "placements" not in record:
        return {**record, "clip": None}
    place = next((place for place in record["placements"] if place["kind"] == "test_output"), None)
    if place is None:
        raise BadInput("its placements do not say where the test output lies")
    output = record.get("test_output") or record["output"]
    return {**record, "output_box": [int(v) for v in place["bbox"]], "test_output": output, "clip": None}


def read_pictures(puzzle: Image, solution: Image) -> dict[str, Any]:
    """The output's place and its cells from the pictures: where they differ there is the grid.

    Raises:
        BadInput: they do not differ, or show no grid there.
    """
    box = _grid_around(puzzle, _changed(puzzle, solution))
    rows, cols = (_cells_along(solution, box, axis) for axis in (0, 1))
    size = [solution.shape[1], solution.shape[0]]
    cells = read_cells(solution, size, box, rows, cols)
    return {"canvas_dimensions": size, "output_box": box, "test_output": [list(row) for row in cells or ()]}


def _changed(puzzle: Image, solution: Image) -> tuple[int, int]:
    """A pixel (x, y) in the middle of what the solution adds."""
    ys, xs = np.nonzero((puzzle != solution).any(axis=2))
    if not len(xs):
        raise BadInput("its puzzle and its solution look the same")
    nearest = int(np.argmin((xs - xs.mean()) ** 2 + (ys - ys.mean()) ** 2))
    return int(xs[nearest]), int(ys[nearest])


def _grid_around(puzzle: Image, inside: tuple[int, int]) -> list[int]:
    """Left, top, right and bottom of the piece of picture, in another color than the background, around a pixel."""
    import cv2

    far = np.abs(puzzle.astype(np.int16) - PALETTE[BACKGROUND]).max(axis=2) > 4
    count, labels, stats, _ = cv2.connectedComponentsWithStats(far.view(np.uint8), connectivity=4)
    label = int(labels[inside[1], inside[0]])
    if count < 2 or label == 0:
        raise BadInput("no grid can be seen where its solution differs")
    left, top, width, height = (int(v) for v in stats[label][:4])
    return [left, top, left + width - 1, top + height - 1]


def _cells_along(solution: Image, box: list[int], axis: int) -> int:
    """How many cells a grid has along an axis: one more than the lines inside it, which span it from side to side."""
    left, top, right, bottom = box
    part = solution[top : bottom + 1, left : right + 1].max(axis=2)
    dark = (part <= LINE_MAX).mean(axis=1 - axis) > 0.98
    length = len(dark) - 1
    fits = [cells for cells in range(1, 31) if _lines_at(dark, length / cells)]
    if not fits:
        raise BadInput("the lines of the output's grid cannot be seen")
    return max(fits)


def _lines_at(dark: NDArray[np.bool_], step: float) -> bool:
    """Whether there is a line at every multiple of a length of at least 4 pixels."""
    places = [round(step * number) for number in range(round((len(dark) - 1) / step) + 1)]
    return step >= 4 and all(dark[max(0, place - 1) : place + 2].any() for place in places)
