"""Where a visual puzzle lies in its picture and in its clip."""

from __future__ import annotations

from vtb.puzzles.family import Clip
from vtb.puzzles.visual.common.record import Area, VisualClip
from vtb.puzzles.visual.common.scene import SIDE

MAX_PX = 4096


def area_in_picture(size: tuple[int, int]) -> Area:
    """The puzzle's area (left, top, side) in a picture: in the middle, at most SIDE."""
    side = min(SIDE, *size)
    return (size[0] - side) // 2, (size[1] - side) // 2, side


def area_in_clip(clip: Clip, size: tuple[int, int]) -> Area:
    """The puzzle's area in a clip: in the middle, with as much white above and below as in the picture.

    So a clip of the picture's shape shows the picture, and one of another shape is cropped or widened in the white at
    the sides only.
    """
    width, height = clip.size
    side = area_in_picture(size)[2] * min(width, height) // min(size)
    return (width - side) // 2, (height - side) // 2, side


def clip_record(clip: Clip, size: tuple[int, int]) -> VisualClip:
    """What a record says of its clip; the letterbox maps the whole picture, whose margins may lie outside."""
    inner, area = area_in_picture(size), area_in_clip(clip, size)
    scale = area[2] / inner[2]
    return VisualClip(
        frames=clip.frames,
        fps=clip.fps,
        size=clip.size,
        area=area,
        scale=scale,
        offset=(round(area[0] - inner[0] * scale), round(area[1] - inner[1] * scale)),
    )
