"""Hexagon mazes: a perfect maze on a grid of flat-topped hexagons, with one path from its perimeter to its centre.

Cells are numbered along the axial coordinate q, and along r within one q. Specification: VideoThinkBench (arXiv
2511.04570), mazes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from vtb.errors import UsageProblem
from vtb.puzzles import prompts
from vtb.puzzles.family import Clip
from vtb.puzzles.maze.common import path_judge
from vtb.puzzles.maze.common.base import ALGORITHM_HELP, LINE_HELP
from vtb.puzzles.maze.common.grid import form_of
from vtb.puzzles.maze.common.grid_maze import GridMaze
from vtb.puzzles.maze.common.hex_grid import Hexagons
from vtb.puzzles.maze.common.limits import check_drawable, check_widths, fitting_line
from vtb.puzzles.maze.common.record import HexagonRecord

REMEDY = "take a larger --cell-radius, or a smaller --wall-thickness or --line-width"


@dataclass(frozen=True)
class Config:
    """What can be chosen about a hexagon maze."""

    radius: int = field(default=4, metadata={"help": "Cells from the centre to the perimeter: 1 to 20."})
    cell_radius: int = field(
        default=28, metadata={"help": "From the centre of a hexagon to its corners in pixels: 8 to 256."}
    )
    wall_thickness: int | None = field(
        default=None, metadata={"help": "Thickness of the walls in pixels; follows the size of a cell when left out."}
    )
    line_width: int | None = field(default=None, metadata={"help": LINE_HELP})
    algorithm: Literal["wilson", "dfs"] = field(default="wilson", metadata={"help": ALGORITHM_HELP})
    clip: Clip | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        if not 1 <= self.radius <= 20:
            raise UsageProblem(f"--radius {self.radius}: a hexagon maze has a radius of 1 to 20 cells")
        if not 8 <= self.cell_radius <= 256:
            raise UsageProblem(f"--cell-radius {self.cell_radius}: a hexagon has a radius of 8 to 256 pixels")
        check_widths(self.wall_thickness, self.line_width, "--cell-radius", self.cell_radius)
        check_drawable(self.form, self.line, self.clip, f"--cell-radius {self.cell_radius}", REMEDY)

    @property
    def form(self) -> Hexagons:
        """The grid; walls are as thick as the benchmark's unless cells are small."""
        usual = min(max(6, self.cell_radius // 6), self.cell_radius // 4)
        return form_of(Hexagons, self.radius, self.cell_radius, self.wall_thickness or usual)

    @property
    def line(self) -> int:
        """Width of the solution line."""
        return self.line_width or fitting_line(self.form, self.cell_radius * 0.35)


class HexagonMaze(GridMaze[HexagonRecord]):
    """The family; see ``vtb.puzzles.family.Family``."""

    name = "maze_hexagon"
    version = 2  # printed IDs in small cells can be read
    payload_class = HexagonRecord
    config_class = Config
    rule = path_judge.Rule(red_lead=75, disc=0.8, box=False)
    prompts = prompts.HEXAGON_MAZE
    cell_field = "cell_radius"
    form_class = Hexagons


FAMILY = HexagonMaze()
