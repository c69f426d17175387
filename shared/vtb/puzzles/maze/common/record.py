"""What an example of a maze holds, of every shape and of each."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from vtb.puzzles.family import ClipRecord, Point, Size

CellId = Annotated[int, Meta(ge=0, le=100_000)]
LineWidth = Annotated[int, Meta(ge=1, le=256)]
Pixels = Annotated[int, Meta(ge=0, le=16384)]
Length = Annotated[int, Meta(ge=1, le=4096)]  # of a grid, in pixels; in a clip it need not be whole


class MazeRecord(Struct, frozen=True, kw_only=True):
    """What all shapes have.

    Attributes:
        line_width: of the solution line, in pixels.
        algorithm: that made it.
        canvas_dimensions: width and height of the picture.
        start_point: centre (x, y) of the start.
        goal_point: centre (x, y) of the goal.
        solution_path_cell_ids: the cells from start to goal.
        clip: how it lies in its clip, where it has one.
    """

    line_width: LineWidth
    algorithm: str = ""
    canvas_dimensions: Size
    start_point: Point
    goal_point: Point
    solution_path_cell_ids: Annotated[list[CellId], Meta(min_length=1, max_length=100_000)]
    clip: ClipRecord | None = None

    @property
    def border(self) -> tuple[int, int]:
        """Left and top border of the picture around the maze; only pictures made by others have one."""
        return 0, 0


class SquareClip(ClipRecord, frozen=True, kw_only=True):
    """A square maze in its clip, where cells have whole pixels."""

    cell_size: Annotated[int, Meta(ge=1, le=4096)]


class SquareRecord(MazeRecord, frozen=True, kw_only=True):
    """A square maze: its grid of walls (1) and passages (0).

    Attributes:
        grid_size: rows and columns, walls included.
        cell_size: side of a cell in pixels.
        padding: left, top, right and bottom border in pixels.
        maze_grid: the cells, row by row.
        start: row and column.
        goal: row and column.
        clip: how it lies in its clip.
    """

    grid_size: tuple[Annotated[int, Meta(ge=3, le=201)], Annotated[int, Meta(ge=3, le=201)]]
    cell_size: Annotated[int, Meta(ge=1, le=256)]
    padding: tuple[Pixels, Pixels, Pixels, Pixels] = (0, 0, 0, 0)
    maze_grid: list[list[Annotated[int, Meta(ge=0, le=1)]]]
    start: tuple[Annotated[int, Meta(ge=0, le=201)], Annotated[int, Meta(ge=0, le=201)]]
    goal: tuple[Annotated[int, Meta(ge=0, le=201)], Annotated[int, Meta(ge=0, le=201)]]
    clip: SquareClip | None = None

    @property
    def border(self) -> tuple[int, int]:
        """As on record."""
        return self.padding[:2]


class GridRecord(MazeRecord, frozen=True, kw_only=True):
    """A maze on a grid of cells with doors; each shape adds what says which grid it is.

    Attributes:
        wall_thickness: in pixels.
        cell_centres: centre (x, y) of every cell.
        passages: the pairs of cells with an open door between them, the lower number first.
        start_cell: where the path starts.
        goal_cell: where it ends.
    """

    wall_thickness: Length
    cell_centres: list[Point]
    passages: list[tuple[CellId, CellId]]
    start_cell: CellId
    goal_cell: CellId


class HexagonRecord(GridRecord, frozen=True, kw_only=True):
    """A maze of hexagons: cells from the centre to the perimeter, and from a centre to the corners in pixels."""

    radius: Annotated[int, Meta(ge=1, le=40)]
    cell_radius: Length


class CircleRecord(GridRecord, frozen=True, kw_only=True):
    """A maze of rings: how many, cells in each, and their width and the centre's radius in pixels."""

    rings: Annotated[int, Meta(ge=1, le=40)]
    segments: Annotated[int, Meta(ge=3, le=2000)]  # two segments would meet twice
    ring_width: Length
    inner_radius: Length
