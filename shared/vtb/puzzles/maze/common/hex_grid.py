"""Grids of flat-topped hexagons around a centre, in axial coordinates (q to the lower right, r down).

Cells are numbered q by q, and r by r within one q.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtb.puzzles.maze.common.grid import CLEAR, EDGE, FREE, SOLID, Form, Labels, door_labels, rounded_up
from vtb.puzzles.maze.common.spanning_tree import Graph

Lengths = NDArray[np.float64]
Numbers = NDArray[np.int64]
ROOT3 = math.sqrt(3)
# The six neighbours clockwise from the lower right; side k lies in the direction of 30 + 60 k degrees, y down.
AROUND = ((1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1))
ANGLES = np.deg2rad(30 + 60 * np.arange(6))


@functools.cache
def cells_of(radius: int) -> tuple[tuple[int, int], ...]:
    """The axial coordinates of each cell."""
    span = range(-radius, radius + 1)
    return tuple((q, r) for q in span for r in span if abs(q + r) <= radius)


@functools.cache
def graph_of(radius: int) -> Graph:
    """The neighbours of each cell."""
    number = {cell: place for place, cell in enumerate(cells_of(radius))}
    return tuple(tuple(number[q + dq, r + dr] for dq, dr in AROUND if (q + dq, r + dr) in number) for q, r in number)


@dataclass(frozen=True)
class Hexagons(Form):
    """A grid of hexagons.

    Attributes:
        radius: how many cells lie between the centre and the edge, the edge included.
        cell_radius: from the centre of a cell to its corners, in pixels.
        wall_thickness: of all walls.
    """

    radius: int
    cell_radius: float
    wall_thickness: float

    lengths = ("cell_radius", "wall_thickness")

    @property
    def cell_count(self) -> int:
        """Six triangles of cells around the centre."""
        return 3 * self.radius * (self.radius + 1) + 1

    @property
    def graph(self) -> Graph:
        """The neighbours of each cell."""
        return graph_of(self.radius)

    @property
    def goal(self) -> int:
        """The centre: half of the cells come before it."""
        return self.cell_count // 2

    @property
    def size(self) -> tuple[int, int]:
        """The grid with a wall's thickness around it."""
        width = self.cell_radius * (3 * self.radius + 2) + 2 * self.wall_thickness
        height = ROOT3 * self.cell_radius * (2 * self.radius + 1) + 2 * self.wall_thickness
        return rounded_up(width), rounded_up(height)

    @property
    def opening(self) -> float:
        """A side of a cell without its corners, where walls meet."""
        return self.cell_radius - self.wall_thickness

    @property
    def mark_radius(self) -> int:
        """Less than half a cell, well away from the walls."""
        room = (ROOT3 * self.cell_radius - self.wall_thickness) / 2
        return int(min(0.45 * self.cell_radius, room - CLEAR))

    def find_starts(self) -> list[int]:
        """The perimeter."""
        cells = enumerate(cells_of(self.radius))
        return [place for place, (q, r) in cells if max(abs(q), abs(r), abs(q + r)) == self.radius]

    def middle(self, cell: int) -> tuple[float, float]:
        """The centre of a cell."""
        (q, r), (width, height), unit = cells_of(self.radius)[cell], self.size, self.cell_radius
        return (width - 1) / 2 + unit * 1.5 * q, (height - 1) / 2 + unit * ROOT3 * (r + q / 2)

    def labels(self) -> Labels:
        """A pixel belongs to a door when it is near that side of its cell and not near a corner."""
        width, height = self.size
        y, x = np.mgrid[0:height, 0:width]
        x, y = (x - (width - 1) / 2) / self.cell_radius, (y - (height - 1) / 2) / self.cell_radius
        q, r = _nearest_cell(x, y)
        across, along, side = _nearest_side(x - 1.5 * q, y - ROOT3 * (r + q / 2))
        half_wall = (self.wall_thickness / 2 + EDGE) / self.cell_radius
        inside = np.maximum(np.maximum(abs(q), abs(r)), abs(q + r)) <= self.radius
        most = self.radius + 1
        doors = _door_table(self.radius)[np.clip(q, -most, most) + most, np.clip(r, -most, most) + most, side]
        labels = np.where(across <= half_wall, doors, FREE)
        labels[(np.hypot(across, 0.5 - abs(along)) <= half_wall) | ~inside] = SOLID
        return labels.astype(np.int32)

    def label_width(self, cell: int) -> int:
        """Nearly the distance of two opposite sides: digits are wider than high."""
        return int(ROOT3 * self.cell_radius - self.wall_thickness)

    def heading(self, cell: int, other: int) -> Hashable:
        """One of the six directions."""
        (q, r), (s, t) = cells_of(self.radius)[cell], cells_of(self.radius)[other]
        return s - q, t - r


def _nearest_cell(x: Lengths, y: Lengths) -> tuple[Numbers, Numbers]:
    """The axial coordinates of the cell around each point, in cell radii from the centre of the grid.

    The three cube coordinates are rounded, and the one that was rounded most is set so that their sum is 0 again.
    """
    q = x / 1.5
    r = y / ROOT3 - q / 2
    exact = np.stack([q, r, -q - r])
    cube = np.rint(exact).astype(np.int64)
    worst = abs(cube - exact).argmax(0)
    rest = cube.sum(0)
    return cube[0] - rest * (worst == 0), cube[1] - rest * (worst == 1)


def _nearest_side(x: Lengths, y: Lengths) -> tuple[Lengths, Lengths, Numbers]:
    """Of the nearest side of a cell around (0, 0): distance from it, place along it from its middle, and its number."""
    outwards = np.stack([x * math.cos(angle) + y * math.sin(angle) for angle in ANGLES])
    side = outwards.argmax(0)
    along = y * np.cos(ANGLES)[side] - x * np.sin(ANGLES)[side]
    return ROOT3 / 2 - outwards.max(0), along, side


@functools.cache
def _door_table(radius: int) -> Numbers:
    """The label of the door at each side of each cell, by q, r (both from -radius - 1) and side; none at the edge."""
    cells, labels = cells_of(radius), door_labels(graph_of(radius))
    place = {cell: index for index, cell in enumerate(cells)}
    table = np.full((2 * radius + 3, 2 * radius + 3, 6), SOLID)
    for (q, r), index in place.items():
        for side, (dq, dr) in enumerate(AROUND):
            other = place.get((q + dq, r + dr))
            if other is not None:
                table[q + radius + 1, r + radius + 1, side] = labels[index, other]
    return table
