"""Floor, walls and what is drawn on them: lines by which motion and distances can be seen, a door and windows.

Tiles are half a metre wide and doors two metres high in every room, so that lengths can be told from a video.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from vtb.media.image import Palette
from vtb.scenes.scene import Point

COLORS: Palette = (
    (214, 204, 188), (176, 164, 146), (236, 236, 232),  # floor, its joints, ceiling
    (206, 216, 222), (222, 214, 200), (212, 222, 208), (224, 210, 214),  # walls: low y, high y, low x, high x
    (150, 150, 148), (124, 92, 66), (168, 206, 232), (250, 250, 246),  # rails, door, window, its frame
)  # fmt: skip
FLOOR, JOINT, CEILING, WALL, RAIL, DOOR, WINDOW, FRAME = 0, 1, 2, 3, 7, 8, 9, 10
TILE, LINE = 500, 14
DOOR_SIZE, WINDOW_SIZE, SILL = (900, 2000), (1200, 1000), 1000
WALLS = 4

Quad = list[tuple[float, float, float]]


@functools.cache
def room_quads(size: Point) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Quadrilaterals (n, 4, 3) from back to front, and their colors (n,)."""
    width, depth, height = size
    found: list[tuple[Quad, int]] = [
        (_flat(0, 0, width, depth, 0), FLOOR),
        (_flat(0, 0, width, depth, height), CEILING),
    ]
    found += [(_flat(x, 0, x + LINE, depth, 0), JOINT) for x in range(TILE, width - LINE, TILE)]
    found += [(_flat(0, y, width, y + LINE, 0), JOINT) for y in range(TILE, depth - LINE, TILE)]
    for wall in range(WALLS):
        found += _wall(wall, size)
    return np.array([quad for quad, _ in found], np.float64), np.array([color for _, color in found], np.int64)


def _wall(wall: int, size: Point) -> list[tuple[Quad, int]]:
    length, height = size[0 if wall < 2 else 1], size[2]
    middle = length // 2
    parts = [((0, 0, length, height), WALL + wall), ((0, 0, length, 90), RAIL)]
    parts += [((0, level, length, level + 2 * LINE), RAIL) for level in (900, 2300) if level < height]
    if wall == 0:
        wide, high = DOOR_SIZE
        parts.append(((middle - wide // 2, 0, middle + wide // 2, high), DOOR))
    else:  # as many windows as the number of the wall, so that no two walls look alike
        for number in range(wall):
            left = length * (number + 1) // (wall + 1) - WINDOW_SIZE[0] // 2
            parts += [((left - 60, SILL - 60, left + WINDOW_SIZE[0] + 60, SILL + WINDOW_SIZE[1] + 60), FRAME),
                      ((left, SILL, left + WINDOW_SIZE[0], SILL + WINDOW_SIZE[1]), WINDOW)]  # fmt: skip
    return [(_upright(wall, size, *area), color) for area, color in parts]


def _flat(x0: int, y0: int, x1: int, y1: int, z: int) -> Quad:
    return [(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)]


def _upright(wall: int, size: Point, left: int, bottom: int, right: int, top: int) -> Quad:
    along = [(left, bottom), (right, bottom), (right, top), (left, top)]
    if wall < 2:
        return [(a, wall * size[1], z) for a, z in along]
    return [((wall - 2) * size[0], a, z) for a, z in along]
