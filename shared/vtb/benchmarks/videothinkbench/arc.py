"""ARC-AGI-2 records of the benchmark: the places of their grids are on record, or read off the pictures."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from vtb.benchmarks.videothinkbench.picture_task import PictureTask
from vtb.errors import BadInput
from vtb.formats.arc import Grid, grid
from vtb.media.image import Image
from vtb.puzzles.arc.common.judge import compare, read_cells
from vtb.puzzles.arc.common.palette import BACKGROUND, PALETTE
from vtb.puzzles.family import Size
from vtb.puzzles.judging.answers import last_grid
from vtb.tasks.score import Score


class OutputRecord(Struct, frozen=True, kw_only=True):
    """Where the output of a task lies in its picture (left, top, right, bottom), and its cells."""

    canvas_dimensions: Size
    output_box: tuple[int, int, int, int]
    test_output: Grid


class ArcByPicture(PictureTask[OutputRecord]):
    """An ARC task of which the record has the place and the cells of the output."""

    payload_class = OutputRecord

    def validate(self, record: OutputRecord) -> None:
        """The output's place lies inside the canvas and has whole cells."""
        left, top, right, bottom = record.output_box
        width, height = record.canvas_dimensions
        try:
            output = grid(record.test_output)
        except ValueError as error:
            raise BadInput(f"its output is no grid of ARC: {error}") from error
        if not (0 <= left < right <= width and 0 <= top < bottom <= height and max(width, height) <= 16384):
            raise BadInput("the output's grid does not lie inside the canvas")
        if (right - left) / len(output[0]) < 3 or (bottom - top) / len(output) < 3:
            raise BadInput("a cell of the output has fewer than 3 pixels")

    def identity(self, record: OutputRecord) -> str:
        """The output and its place."""
        return hashlib.sha256(f"{record.test_output} {record.output_box}".encode()).hexdigest()

    def difficulty(self, record: OutputRecord) -> dict[str, float]:
        """Size of the output."""
        return {"size": max(len(record.test_output), len(record.test_output[0]))}

    def answer(self, record: OutputRecord) -> str:
        """The output grid as JSON."""
        return str([list(row) for row in record.test_output])

    def score_text(self, record: OutputRecord, text: str, puzzle: Image | None = None) -> Score:
        """The last JSON list of rows in the text; every cell must be right."""
        found = last_grid(text)
        return Score(False, False, "no grid") if found is None else compare(found, record.test_output)

    def score_image(self, record: OutputRecord, image: Image, puzzle: Image | None = None) -> Score:
        """The nearest color of every cell's inner part; every cell must be right."""
        right = record.test_output
        found = read_cells(image, record.canvas_dimensions, record.output_box, len(right), len(right[0]))
        return compare(found, right) if found else Score(False, False, "empty picture")


def as_ours(record: dict[str, Any], puzzle: Image) -> dict[str, Any]:
    """A record of the benchmark: where the output lies, and what is right there.

    The size of the canvas is that of the picture: most records do not hold it, and the places count from the picture.
    """
    record = {**record, "canvas_dimensions": [puzzle.shape[1], puzzle.shape[0]], "clip": None}
    if "placements" not in record:
        return record
    place = next((place for place in record["placements"] if place["kind"] == "test_output"), None)
    if place is None:
        raise BadInput("its placements do not say where the test output lies")
    output = record.get("test_output") or record["output"]
    return {**record, "output_box": [int(v) for v in place["bbox"]], "test_output": output}


def read_pictures(puzzle: Image, solution: Image) -> dict[str, Any]:
    """The output's place and its cells from the pictures: where they differ there is the grid.

    Raises:
        BadInput: they do not differ, or show no grid there.
    """
    left, top, right, bottom = _grid_around(puzzle, _changed(puzzle, solution))
    blank = puzzle[top:bottom, left:right].max(axis=2).astype(np.float64)
    (cols, width), (rows, height) = (_cells_along(blank.mean(axis=axis)) for axis in (0, 1))
    box = [left, top, left + width, top + height]
    size = [solution.shape[1], solution.shape[0]]
    cells = read_cells(solution, size, box, rows, cols)
    return {"output_box": box, "test_output": [list(row) for row in cells or ()]}


def _changed(puzzle: Image, solution: Image) -> tuple[int, int]:
    """A pixel (x, y) in the middle of what the solution adds."""
    ys, xs = np.nonzero((puzzle != solution).any(axis=2))
    if not len(xs):
        raise BadInput("its puzzle and its solution look the same")
    nearest = int(np.argmin((xs - xs.mean()) ** 2 + (ys - ys.mean()) ** 2))
    return int(xs[nearest]), int(ys[nearest])


def _grid_around(puzzle: Image, inside: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the piece of picture, in another color than the background, around a pixel."""
    import cv2

    far = np.abs(puzzle.astype(np.int16) - PALETTE[BACKGROUND]).max(axis=2) > 4
    count, labels, stats, _ = cv2.connectedComponentsWithStats(far.view(np.uint8), connectivity=4)
    label = int(labels[inside[1], inside[0]])
    if count < 2 or label == 0:
        raise BadInput("no grid can be seen where its solution differs")
    left, top, width, height = (int(v) for v in stats[label][:4])
    return left, top, left + width, top + height


def _cells_along(bright: NDArray[np.float64]) -> tuple[int, int]:
    """How many cells a blank grid has along an axis, and how many pixels: its lines are dark, the last may be missing.

    Args:
        bright: mean brightness of each row or column of pixels.
    """
    dark = bright <= (bright.min() + bright.max()) / 2
    lines = np.flatnonzero(dark & ~np.pad(dark, (1, 0))[:-1])
    if not len(lines) or lines[0] > 1:
        raise BadInput("the lines of the output's grid cannot be seen")
    closed = len(lines) > 1 and len(bright) - lines[-1] <= 2
    cells = len(lines) - closed
    length = int(lines[-1] - lines[0]) if closed else len(bright)
    steps = np.diff(np.append(lines, [] if closed else [length]))
    if not 1 <= cells <= 30 or np.ptp(steps) > 2 or steps.min() < 4:
        raise BadInput("the lines of the output's grid are not those of cells of one size")
    return cells, length
