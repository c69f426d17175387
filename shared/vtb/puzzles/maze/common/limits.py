"""What can be drawn on a grid: limits of configurations, and records that no configuration could have made."""

from __future__ import annotations

from vtb.errors import BadInput, UsageProblem
from vtb.puzzles.family import Clip
from vtb.puzzles.maze.common.grid import CLEAR, Form, edges
from vtb.puzzles.maze.common.record import GridRecord

MAX_SIDE, MAX_CELLS = 4096, 2000
# In pixels. A thinner line can fall between the points where a clip or a JPEG stores color.
MIN_LINE, MIN_WALL, MIN_MARK = 3, 2, 3


def scaled_line(width: int, scale: float) -> int:
    """Width of a line in a clip."""
    return max(MIN_LINE, round(width * scale))


def fitting_line(form: Form, usual: float) -> int:
    """The usual width of a line, or less where the doors leave less."""
    return max(MIN_LINE, min(round(usual), int(form.opening - 2 * CLEAR)))


def fitting_scale(form: Form, clip: Clip) -> float:
    """The scale at which a grid, whose sides are multiples of four, just lies inside a clip."""
    return min(side // 4 * 4 / length for side, length in zip(clip.size, form.size, strict=True))


def check_widths(wall: int | None, line: int | None, cell_flag: str, cell: int) -> None:
    """Refuse walls and lines that no maze with cells of that size could have."""
    widths = (("--wall-thickness", wall, MIN_WALL), ("--line-width", line, MIN_LINE))
    for flag, width, least in widths:
        if width is not None and not least <= width <= cell // 2:
            raise UsageProblem(f"{flag} {width}: must be from {least} to half of {cell_flag} ({cell // 2} pixels)")


def check_drawable(form: Form, line: int, clip: Clip | None, cell: str, remedy: str) -> None:
    """Refuse a grid whose line or marks would come too near to its walls, in the picture or in the clip.

    Args:
        form: the grid.
        line: width of the solution line.
        clip: the form of the clips, if any.
        cell: the option that says how large cells are, with its value.
        remedy: what to change when cells are too small for what is drawn in them.

    Raises:
        UsageProblem: says what is too narrow and what to do about it.
    """
    width, height = form.size
    if max(width, height) > MAX_SIDE:
        size = f"a picture of {width}x{height} pixels, at most {MAX_SIDE} a side"
        raise UsageProblem(f"{cell}: {size}: take smaller or fewer cells")
    _check_room(form, line, cell, remedy)
    if clip is not None:
        scale, size = fitting_scale(form, clip), f"--clip-size {clip.size[0]}x{clip.size[1]}"
        _check_room(form.scaled(scale), scaled_line(line, scale), size, "take a larger clip or fewer cells")


def _check_room(form: Form, line: int, where: str, remedy: str) -> None:
    needed = line + 2 * CLEAR
    if form.opening < needed:
        narrow = f"the narrowest passage has {max(0.0, form.opening):.1f} pixels"
        wide = f"a line of {line} needs {needed:g}, {CLEAR:g} clear on either side"
        raise UsageProblem(f"{where}: {narrow}, and {wide}: {remedy}")
    if form.mark_radius < MIN_MARK:
        raise UsageProblem(f"{where}: start and goal are too small for a mark that stays off the walls: {remedy}")
    if form.wall_thickness < MIN_WALL:
        raise UsageProblem(f"{where}: walls of {form.wall_thickness:.1f} pixels, at least {MIN_WALL}: {remedy}")


def validate_layout(record: GridRecord, form: Form) -> None:
    """The grid is of a size that can be drawn, and the recorded places, which others read, are its own.

    Raises:
        BadInput: says which field is wrong.
    """
    if max(form.size) > MAX_SIDE or form.cell_count > MAX_CELLS or form.mark_radius < 1:
        raise BadInput(f"a grid of {form.cell_count} cells in {form.size[0]}x{form.size[1]} pixels cannot be drawn")
    if list(record.canvas_dimensions) != list(form.size):
        raise BadInput("canvas_dimensions are not those of the grid")
    if [tuple(place) for place in record.cell_centres] != [tuple(point) for point in form.points]:
        raise BadInput("cell_centres are not those of the grid")
    ends = (record.start_cell, record.start_point, "start"), (record.goal_cell, record.goal_point, "goal")
    for cell, point, end in ends:
        if cell >= form.cell_count or tuple(point) != tuple(form.points[cell]):
            raise BadInput(f"{end}_point is not the centre of {end}_cell")


def validate_maze(record: GridRecord, form: Form) -> None:
    """The open doors and the path are those of cells on the grid."""
    doors = [(a, b) for a, b in record.passages]
    if not doors or len(set(doors)) != len(doors) or not set(doors) <= set(edges(form.graph)):
        raise BadInput("passages are not pairs of neighbouring cells, the lower number first, each once")
    if max(record.solution_path_cell_ids) >= form.cell_count:
        raise BadInput("solution_path_cell_ids are not cells of the maze")


def validate_scale(scale: float, form: Form) -> float:
    """The scale of a clip, when the grid can be drawn at it."""
    if not 0 < scale <= MAX_SIDE / max(form.size) or form.scaled(scale).mark_radius < 1:
        raise BadInput(f"a clip at {scale!r} times the size of its puzzle")
    return scale
