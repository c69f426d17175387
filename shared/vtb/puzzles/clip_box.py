"""A maze in a clip: where it lies in the frame, and the part of a path that a frame adds."""

from __future__ import annotations

from typing import Any

from vtb.canvas import Letterbox
from vtb.errors import BadInput
from vtb.puzzles.family import Clip


def clip_cell(size: int, clip: Clip) -> int:
    """Pixels a cell has in a clip: whole ones, so that walls stay crisp."""
    return min(clip.size) // size


def clip_record(clip: Clip, size: int, cell_px: int) -> dict[str, Any]:
    """What a record says of its clip; the maze of ``size`` cells lies in the middle."""
    cell = clip_cell(size, clip)
    width, height = clip.size
    return {
        "frames": clip.frames,
        "fps": clip.fps,
        "size": [width, height],
        "cell_size": cell,
        "scale": cell / cell_px,
        "offset": [(width - cell * size) // 2, (height - cell * size) // 2],
    }


def letterbox(clip: dict[str, Any]) -> Letterbox:
    """The place of the canvas in the frame."""
    return Letterbox(clip["scale"], *clip["offset"])


def validate_clip(clip: dict[str, Any], rows: int, cols: int) -> None:
    """Refuse a clip that the maze does not lie inside, or an absurd one."""
    width, height = clip["size"]
    left, top = clip["offset"]
    cell = clip["cell_size"]
    inside = 0 <= left <= width - cols * cell and 0 <= top <= height - rows * cell
    small = 0 < width <= 4096 and 0 < height <= 4096 and cell > 0 and 0 < clip["scale"] <= 4096
    if not (inside and small and 1 <= clip["frames"] <= 10_000):
        raise BadInput("the maze does not lie inside its clip")


def stretch(points: list[tuple[int, int]], cell: int, start: float, end: float) -> list[tuple[int, int]]:
    """The part of a path of equal steps from one length along it to another."""
    first, last = int(start // cell), min(int(-(-end // cell)), len(points) - 1)
    inner = points[first + 1 : last]
    return [_along(points, cell, start), *inner, _along(points, cell, end)]


def _along(points: list[tuple[int, int]], cell: int, length: float) -> tuple[int, int]:
    index = min(int(length // cell), len(points) - 2)
    share = (length - index * cell) / cell
    (x, y), (u, v) = points[index], points[index + 1]
    return round(x + (u - x) * share), round(y + (v - y) * share)
