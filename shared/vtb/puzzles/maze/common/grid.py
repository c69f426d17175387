"""Grids of cells with doors between neighbours, drawn by opening doors in a picture that has all of them closed.

What depends on the form of a grid alone (which pixels belong to which door) is computed once per form, so that a
puzzle costs a copy and one indexed assignment.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from vtb.media.image import Picture
from vtb.puzzles.maze.common.base import MARK, PASSAGE, WALL
from vtb.puzzles.maze.common.line_clip import Point
from vtb.puzzles.maze.common.spanning_tree import Graph

Labels = NDArray[np.int32]
Edge = tuple[int, int]
SOLID, FREE, DOORS = 0, 1, 2  # labels: always wall, always passage, and from here on one number per door
# Pixels between a line or a mark and any wall. A video codec stores color for blocks of 2x2 pixels and smooths it when
# reading, so red that comes nearer would be found on the wall.
CLEAR = 3.0
EDGE = 1e-6  # a pixel exactly on the edge of a wall belongs to it, whatever rounding did to the last digit


@dataclass(frozen=True)
class Grid:
    """A form made ready for drawing.

    Attributes:
        closed: the grid with every door closed.
        doors: the pixels of each door as places in the flattened picture, by the two cells.
    """

    closed: Picture
    doors: Mapping[Edge, NDArray[np.intp]]

    def draw(self, passages: Sequence[Sequence[int]]) -> Picture:
        """The grid with these doors open."""
        picture: Picture = self.closed.copy()
        picture.reshape(-1)[np.concatenate([self.doors[a, b] for a, b in passages])] = PASSAGE
        return picture


class Form(ABC):
    """The geometry of a grid at one size: a frozen dataclass whose fields are those of a record.

    Attributes:
        lengths: the fields that are lengths in pixels; the others say which grid it is.
        wall_thickness: of every grid.
    """

    lengths: ClassVar[tuple[str, ...]]
    wall_thickness: float

    @property
    @abstractmethod
    def cell_count(self) -> int:
        """How many cells there are; needs no graph."""

    @property
    @abstractmethod
    def graph(self) -> Graph:
        """The neighbours of each cell."""

    @property
    @abstractmethod
    def goal(self) -> int:
        """The cell where every path ends."""

    @property
    @abstractmethod
    def size(self) -> tuple[int, int]:
        """Width and height of the picture."""

    @property
    @abstractmethod
    def opening(self) -> float:
        """Width of the narrowest open door."""

    @property
    @abstractmethod
    def mark_radius(self) -> int:
        """Radius of the disc that marks an end."""

    @abstractmethod
    def find_starts(self) -> list[int]:
        """The cells where a path may start."""

    @abstractmethod
    def middle(self, cell: int) -> tuple[float, float]:
        """The centre (x, y) of a cell; pixels have whole numbers at their own centres."""

    @abstractmethod
    def labels(self) -> Labels:
        """What each pixel is: ``SOLID``, ``FREE``, or the label of its door (``door_labels``)."""

    @abstractmethod
    def label_width(self, cell: int) -> int:
        """How many pixels wide a place there is for a printed ID."""

    @abstractmethod
    def heading(self, cell: int, other: int) -> Hashable:
        """The direction from a cell to a neighbour, the same for every step that goes the same way."""

    def line(self, cells: Sequence[int]) -> list[Point]:
        """The line through the centres of cells: straight, unless the grid bends it."""
        return [self.points[cell] for cell in cells]

    @classmethod
    @functools.cache
    def fields(cls) -> tuple[str, ...]:
        """The names of all fields, in the order in which a form takes them."""
        return tuple(field.name for field in dataclasses.fields(cls))  # type: ignore[arg-type]

    def scaled(self, scale: float) -> Form:
        """The same grid drawn larger or smaller."""
        values = {name: getattr(self, name) for name in self.fields()}
        return form_of(type(self), *(v * scale if name in self.lengths else v for name, v in values.items()))

    @functools.cached_property
    def starts(self) -> list[int]:
        """The cells where a path may start."""
        return self.find_starts()

    @functools.cached_property
    def points(self) -> list[Point]:
        """The pixel in the middle of each cell."""
        return [nearest_pixel(self.middle(cell)) for cell in range(self.cell_count)]

    @functools.cached_property
    def grid(self) -> Grid:
        """The form made ready for drawing."""
        labels = self.labels()
        flat = labels.reshape(-1)
        pixels = np.flatnonzero(flat >= DOORS)
        pixels = pixels[np.argsort(flat[pixels], kind="stable")]
        doors = edges(self.graph)
        bounds = np.searchsorted(flat[pixels], np.arange(DOORS, DOORS + len(doors) + 1))
        places = {edge: pixels[bounds[index] : bounds[index + 1]] for index, edge in enumerate(doors)}
        return Grid(np.where(labels == FREE, np.uint8(PASSAGE), np.uint8(WALL)), places)

    def draw(self, passages: Sequence[Sequence[int]], ends: Sequence[int]) -> Picture:
        """A maze with a mark in each of its two end cells."""
        import cv2

        picture = self.grid.draw(passages)
        for cell in ends:
            cv2.circle(picture, self.points[cell], self.mark_radius, MARK, -1)
        return picture


AnyForm = TypeVar("AnyForm", bound=Form)


def form_of(kind: type[AnyForm], *values: float) -> AnyForm:
    """The one form with these fields: what it has computed is there for every puzzle of a configuration."""
    form: AnyForm = _form_of(kind, values)
    return form


@functools.lru_cache(maxsize=32)
def _form_of(kind: type[AnyForm], values: tuple[float, ...]) -> AnyForm:
    return kind(*values)


@functools.cache
def edges(graph: Graph) -> tuple[Edge, ...]:
    """The pairs of neighbours, the lower number first."""
    return tuple((cell, other) for cell, others in enumerate(graph) for other in others if cell < other)


def door_labels(graph: Graph) -> dict[Edge, int]:
    """The label of each door, by its cells in either order."""
    labels = {edge: DOORS + index for index, edge in enumerate(edges(graph))}
    return labels | {(b, a): label for (a, b), label in labels.items()}


def rounded_up(length: float) -> int:
    """A side of a picture in multiples of four pixels.

    Four pixels are one byte of a PNG, and a grid that starts at an even pixel of a clip shares no block of color with
    what lies around it.
    """
    return 4 * math.ceil(length / 4 - EDGE)


def nearest_pixel(point: tuple[float, float]) -> Point:
    """A point in whole pixels; one just between two goes to the higher, even if rounding took its last digit."""
    x, y = (math.floor(length + 0.5 + EDGE) for length in point)
    return x, y
