"""Circle mazes: a perfect maze of rings cut into segments, with one path from the outermost ring to the centre.

The centre is cell 0; segment s of ring k, counted from the inside, is cell 1 + (k - 1) * segments + s. Specification:
VideoThinkBench (arXiv 2511.04570), mazes (there called labyrinths).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from vtb.errors import UsageProblem
from vtb.puzzles import prompts
from vtb.puzzles.family import Clip
from vtb.puzzles.maze.common import path_judge
from vtb.puzzles.maze.common.base import ALGORITHM_HELP, LINE_HELP
from vtb.puzzles.maze.common.grid import form_of
from vtb.puzzles.maze.common.grid_maze import GridMaze
from vtb.puzzles.maze.common.limits import check_drawable, check_widths, fitting_line
from vtb.puzzles.maze.common.polar_grid import Circle
from vtb.puzzles.maze.common.record import CircleRecord

REMEDY = "take a larger --ring-width or --inner-radius, fewer --segments, or a smaller --wall-thickness or --line-width"


@dataclass(frozen=True)
class Config:
    """What can be chosen about a circle maze."""

    rings: int = field(default=6, metadata={"help": "Rings around the centre: 1 to 20."})
    segments: int = field(default=18, metadata={"help": "Cells in each ring: 3 to 72."})
    ring_width: int = field(default=36, metadata={"help": "Width of a ring in pixels, one wall included: 8 to 256."})
    wall_thickness: int | None = field(
        default=None, metadata={"help": "Thickness of the walls in pixels; follows the size of a cell when left out."}
    )
    inner_radius: int | None = field(
        default=None,
        metadata={
            "help": "Radius of the centre in pixels; just large enough for the segments around it when left out."
        },
    )
    line_width: int | None = field(default=None, metadata={"help": LINE_HELP})
    algorithm: Literal["wilson", "dfs"] = field(default="wilson", metadata={"help": ALGORITHM_HELP})
    clip: Clip | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        if not 1 <= self.rings <= 20:
            raise UsageProblem(f"--rings {self.rings}: a circle maze has 1 to 20 rings")
        if not 3 <= self.segments <= 72:
            raise UsageProblem(f"--segments {self.segments}: a ring has 3 to 72 segments")
        if not 8 <= self.ring_width <= 256:
            raise UsageProblem(f"--ring-width {self.ring_width}: a ring is 8 to 256 pixels wide")
        if self.inner_radius is not None and not 4 <= self.inner_radius <= 2048:
            raise UsageProblem(f"--inner-radius {self.inner_radius}: the centre has a radius of 4 to 2048 pixels")
        check_widths(self.wall_thickness, self.line_width, "--ring-width", self.ring_width)
        check_drawable(self.form, self.line, self.clip, f"--ring-width {self.ring_width}", REMEDY)

    @property
    def form(self) -> Circle:
        """The grid; without a given radius, the doors around the centre are as wide as those along a ring."""
        wall = self.wall_thickness or max(2, self.ring_width // 5)
        around = math.ceil(self.ring_width / (2 * math.sin(math.pi / self.segments)))
        inner = self.inner_radius or max(around, 2 * wall)
        return form_of(Circle, self.rings, self.segments, self.ring_width, wall, inner)

    @property
    def line(self) -> int:
        """Width of the solution line."""
        return self.line_width or fitting_line(self.form, self.ring_width / 4)


class CircleMaze(GridMaze[CircleRecord]):
    """The family; see ``vtb.puzzles.family.Family``."""

    name = "maze_circle"
    version = 2  # printed IDs in small cells can be read
    payload_class = CircleRecord
    config_class = Config
    rule = path_judge.Rule(red_lead=75, disc=0.6, box=False)
    prompts = prompts.CIRCLE_MAZE
    cell_field = "ring_width"
    form_class = Circle


FAMILY = CircleMaze()
