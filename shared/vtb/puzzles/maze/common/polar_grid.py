"""Round grids: a centre, and rings around it that are cut into the same number of segments.

The centre is cell 0. Segment s of ring k (from 1, inside out) is cell 1 + (k - 1) * segments + s; segment 0 starts at
the top, and they run clockwise.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtb.puzzles.maze.common.grid import CLEAR, EDGE, FREE, SOLID, Form, Labels, door_labels, nearest_pixel, rounded_up
from vtb.puzzles.maze.common.line_clip import Point
from vtb.puzzles.maze.common.spanning_tree import Graph

FLAT = 0.25  # pixels by which a drawn arc may differ from the true one
DIAGONAL = 0.8  # of the place that ``canvas.print_centred`` is given, its digits take no more from corner to corner


@functools.cache
def graph_of(rings: int, segments: int) -> Graph:
    """The neighbours of each cell."""
    around: list[tuple[int, ...]] = [tuple(range(1, segments + 1))]
    for ring, segment in itertools.product(range(1, rings + 1), range(segments)):
        cell, first = 1 + (ring - 1) * segments + segment, 1 + (ring - 1) * segments
        inner = cell - segments if ring > 1 else 0
        beside = (first + (segment - 1) % segments, first + (segment + 1) % segments)
        around.append((inner, *beside, *((cell + segments,) if ring < rings else ())))
    return tuple(around)


@dataclass(frozen=True)
class Circle(Form):
    """A round grid.

    Attributes:
        rings: how many rings.
        segments: cells in each of them.
        ring_width: from the middle of a wall between rings to the next, in pixels.
        wall_thickness: of all walls.
        inner_radius: from the centre to the middle of the first wall.
    """

    rings: int
    segments: int
    ring_width: float
    wall_thickness: float
    inner_radius: float

    lengths = ("ring_width", "wall_thickness", "inner_radius")

    @property
    def cell_count(self) -> int:
        """The rings and the centre."""
        return self.rings * self.segments + 1

    @property
    def graph(self) -> Graph:
        """The neighbours of each cell."""
        return graph_of(self.rings, self.segments)

    @property
    def goal(self) -> int:
        """The centre."""
        return 0

    @property
    def size(self) -> tuple[int, int]:
        """The grid with a wall's thickness around it."""
        side = rounded_up(2 * (self.inner_radius + self.rings * self.ring_width + self.wall_thickness))
        return side, side

    @property
    def opening(self) -> float:
        """The door from the centre, or that along a ring."""
        return min(2 * self.inner_radius * self._half_sine - self.wall_thickness, self.ring_width - self.wall_thickness)

    @property
    def _half_sine(self) -> float:
        """Half the chord of a segment, in radii."""
        return math.sin(math.pi / self.segments)

    @property
    def mark_radius(self) -> int:
        """A third of a ring's width, well away from the walls at both ends."""
        outermost = self._radius(self.rings) * self._half_sine
        room = min(outermost, self.ring_width / 2, self.inner_radius) - self.wall_thickness / 2
        return int(min(self.ring_width / 3, room - CLEAR))

    def _radius(self, ring: int) -> float:
        """From the centre to the middle of a ring."""
        return self.inner_radius + (ring - 0.5) * self.ring_width if ring else 0.0

    def find_starts(self) -> list[int]:
        """The outermost ring."""
        return list(range(self.cell_count - self.segments, self.cell_count))

    def middle(self, cell: int) -> tuple[float, float]:
        """The centre of a cell."""
        return self._at(*self._place(cell))

    def labels(self) -> Labels:
        """A pixel belongs to a door when it is near one wall and not near another that meets it."""
        side, turn = self.size[0], 2 * math.pi / self.segments
        y, x = np.mgrid[0:side, 0:side] - (side - 1) / 2
        radius, angle = np.hypot(x, y), np.arctan2(x, -y) % (2 * math.pi)
        ray = np.rint(angle / turn).astype(np.int64)
        off_ray = radius * abs(np.sin(angle - ray * turn))
        out = (radius - self.inner_radius) / self.ring_width
        arc = np.clip(np.rint(out).astype(np.int64), 0, self.rings)
        off_arc = abs(out - arc) * self.ring_width
        ring, segment = np.clip(np.floor(out).astype(np.int64) + 1, 0, self.rings), (angle // turn).astype(np.int64)
        arcs, rays = _door_tables(self.rings, self.segments)
        half = self.wall_thickness / 2 + EDGE
        near_arc, near_ray = off_arc <= half, (off_ray <= half) & (out > -half / self.ring_width)
        labels = np.where(near_ray, rays[ring, ray % self.segments], FREE)
        labels = np.where(near_arc, arcs[arc, segment % self.segments], labels)
        labels[(near_arc & near_ray) | (out >= self.rings)] = SOLID
        return labels.astype(np.int32)

    def line(self, cells: Sequence[int]) -> list[Point]:
        """Along the arc to a neighbour in the same ring, else straight from centre to centre."""
        points = [self.points[cells[0]]]
        for cell, other in itertools.pairwise(cells):
            points += [*self._arc(cell, other), self.points[other]]
        return [points[0], *(b for a, b in itertools.pairwise(points) if a != b)]

    def _arc(self, cell: int, other: int) -> list[Point]:
        """Points between two neighbours in one ring."""
        (ring, segment), (other_ring, other_segment) = self._place(cell), self._place(other)
        step = (other_segment - segment + 1) % self.segments - 1
        if ring != other_ring or not ring or abs(step) != 1:
            return []
        pieces = math.ceil(2 * math.pi / self.segments / (2 * math.acos(1 - FLAT / self._radius(ring))))
        return [nearest_pixel(self._at(ring, segment + step * piece / pieces)) for piece in range(1, pieces)]

    def _place(self, cell: int) -> tuple[int, int]:
        """Ring and segment of a cell."""
        ring, segment = divmod(cell - 1, self.segments)
        return (ring + 1, segment) if cell else (0, 0)

    def _at(self, ring: int, segment: float) -> tuple[float, float]:
        """The point in the middle of a ring, so many segments after the first."""
        middle, angle = (self.size[0] - 1) / 2, 2 * math.pi * (segment + 0.5) / self.segments
        return middle + self._radius(ring) * math.sin(angle), middle - self._radius(ring) * math.cos(angle)

    def label_width(self, cell: int) -> int:
        """So many that the digits fit whichever way the cell is turned."""
        ring = self._place(cell)[0]
        wide = 2 * self._radius(ring) * self._half_sine if ring else self.ring_width
        return int((min(wide, self.ring_width) - self.wall_thickness) / DIAGONAL)

    def heading(self, cell: int, other: int) -> Hashable:
        """Outwards, inwards, clockwise or back."""
        (ring, segment), (other_ring, other_segment) = self._place(cell), self._place(other)
        if ring != other_ring:
            return other_ring - ring, 0
        return 0, (other_segment - segment + 1) % self.segments - 1


@functools.cache
def _door_tables(rings: int, segments: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Labels of the doors through the arc after each ring, by ring and segment, and through each ray, by both too."""
    labels = door_labels(graph_of(rings, segments))
    arcs, rays = np.full((rings + 1, segments), SOLID), np.full((rings + 1, segments), SOLID)
    for ring, segment in itertools.product(range(1, rings + 1), range(segments)):
        first = 1 + (ring - 1) * segments
        cell = first + segment
        arcs[ring - 1, segment] = labels[cell - segments if ring > 1 else 0, cell]
        rays[ring, segment] = labels[first + (segment - 1) % segments, cell]
    return arcs, rays
