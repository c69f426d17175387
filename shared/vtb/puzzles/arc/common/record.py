"""What an example of an ARC task holds."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from vtb.formats.arc import Grid
from vtb.puzzles.family import ClipRecord, Size

Cells = Annotated[int, Meta(ge=1, le=30)]


class ArcClip(ClipRecord, frozen=True, kw_only=True):
    """An ARC task in its clip: the side of a cell there, in pixels."""

    cell_size: Annotated[int, Meta(ge=1, le=4096)]


class Placement(Struct, frozen=True):
    """Where a grid lies in the picture: what it is, its box (left, top, right, bottom), rows and columns."""

    kind: str
    bbox: tuple[int, int, int, int]
    rows: Cells
    cols: Cells


class ArcRecord(Struct, frozen=True, kw_only=True):
    """An ARC task.

    Attributes:
        task_id: the name of its file, or of the rule of our own.
        pairs: input and output grids; the last pair is asked about.
        cell_size: side of a cell in pixels.
        canvas_dimensions: width and height of the picture.
        placements: where the grids lie in it.
        test_rows: of the output asked for.
        test_cols: of the same.
        test_output: its cells, row by row.
        clip: how it lies in its clip, where it has one.
    """

    task_id: str
    pairs: Annotated[list[tuple[Grid, Grid]], Meta(min_length=2, max_length=32)]
    cell_size: Annotated[int, Meta(ge=4, le=64)]
    canvas_dimensions: Size
    placements: list[Placement]
    test_rows: Cells
    test_cols: Cells
    test_output: Grid
    clip: ArcClip | None = None
