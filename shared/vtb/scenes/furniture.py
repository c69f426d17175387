"""What can stand in a room: shapes of a few boxes each, stretched to any size.

A name tells nothing of the size: all large things have their sizes from one range, and all small ones from another.
So questions that name things cannot be answered from the names (``vtb.scenes.sampling``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vtb.media.image import Color
from vtb.scenes.scene import Box, Spot, Thing

# From left, front and floor to right, back and top, in thousandths of the whole, and the tone.
Part = tuple[int, int, int, int, int, int, int]
FULL = 1000

_LEGS: tuple[tuple[int, int, int, int], ...] = (
    (0, 0, 90, 90), (910, 0, 1000, 90), (0, 910, 90, 1000), (910, 910, 1000, 1000),
)  # fmt: skip


def _legs(top: int) -> list[Part]:
    return [(x0, y0, 0, x1, y1, top, 1) for x0, y0, x1, y1 in _LEGS]


LARGE: Mapping[str, Sequence[Part]] = {
    "bed": [
        (0, 0, 0, 1000, 920, 300, 1), (0, 0, 300, 1000, 920, 480, 0), (80, 640, 480, 440, 880, 600, 1),
        (560, 640, 480, 920, 880, 600, 1), (0, 920, 0, 1000, 1000, 1000, 0),
    ],
    "sofa": [
        (140, 0, 0, 860, 720, 300, 1), (140, 0, 300, 495, 720, 480, 0), (505, 0, 300, 860, 720, 480, 0),
        (140, 720, 0, 860, 1000, 1000, 0), (0, 0, 0, 140, 1000, 680, 0), (860, 0, 0, 1000, 1000, 680, 0),
    ],
    "table": [*_legs(900), (0, 0, 900, 1000, 1000, 1000, 0)],
    "desk": [
        (0, 0, 920, 1000, 1000, 1000, 0), (0, 0, 0, 60, 1000, 920, 1), (640, 40, 0, 1000, 1000, 920, 0),
        (680, 0, 80, 960, 40, 400, 1), (680, 0, 520, 960, 40, 840, 1),
    ],
    "bookshelf": [
        (0, 0, 0, 40, 1000, 1000, 0), (960, 0, 0, 1000, 1000, 1000, 0), (40, 900, 0, 960, 1000, 1000, 0),
        (40, 0, 0, 960, 900, 60, 0), (40, 0, 470, 960, 900, 530, 0), (40, 0, 940, 960, 900, 1000, 0),
        (80, 300, 60, 560, 900, 380, 1), (300, 300, 530, 920, 900, 840, 1),
    ],
    "cabinet": [
        (0, 60, 0, 1000, 1000, 1000, 0), (40, 0, 80, 480, 60, 940, 1), (520, 0, 80, 960, 60, 940, 1),
    ],
    "piano": [
        (0, 400, 0, 1000, 1000, 1000, 0), (0, 0, 520, 1000, 400, 600, 0), (60, 40, 600, 940, 400, 640, 1),
        (0, 0, 0, 80, 100, 520, 0), (920, 0, 0, 1000, 100, 520, 0),
    ],
    "bathtub": [
        (0, 0, 0, 1000, 110, 1000, 0), (0, 890, 0, 1000, 1000, 1000, 0), (0, 110, 0, 70, 890, 1000, 0),
        (930, 110, 0, 1000, 890, 1000, 0), (70, 110, 0, 930, 890, 720, 1),
    ],
    "television": [
        (0, 0, 0, 1000, 1000, 350, 0), (420, 400, 350, 580, 600, 420, 0), (60, 450, 420, 940, 550, 1000, 1),
    ],
    "crib": [
        *((x, y, 0, x + 60, y + 80, 1000, 0) for x in (0, 940) for y in (0, 920)),
        *((60, y, 880, 940, y + 80, 1000, 0) for y in (0, 920)),
        *((x, 80, 880, x + 60, 920, 1000, 0) for x in (0, 940)),
        *((x, y + 20, 450, x + 30, y + 60, 880, 0) for y in (0, 920) for x in (230, 410, 590, 770)),
        (60, 80, 280, 940, 920, 450, 1),
    ],
}  # fmt: skip
SMALL: Mapping[str, Sequence[Part]] = {
    "chair": [*_legs(450), (0, 0, 450, 1000, 1000, 530, 0), (0, 880, 530, 1000, 1000, 1000, 0)],
    "stool": [
        *_legs(850), (0, 0, 850, 1000, 1000, 1000, 0), *((90, y, 250, 910, y + 90, 340, 0) for y in (0, 910)),
        *((x, 90, 250, x + 90, 910, 340, 0) for x in (0, 910)),
    ],
    "trash can": [
        (0, 0, 0, 1000, 120, 1000, 0), (0, 880, 0, 1000, 1000, 1000, 0), (0, 120, 0, 120, 880, 1000, 0),
        (880, 120, 0, 1000, 880, 1000, 0), (120, 120, 0, 880, 880, 300, 1),
    ],
    "potted plant": [
        (250, 250, 0, 750, 750, 350, 1), (430, 430, 350, 570, 570, 550, 1), (0, 150, 550, 1000, 850, 820, 0),
        (150, 0, 820, 850, 1000, 1000, 0),
    ],
    "lamp": [(150, 150, 0, 850, 850, 80, 1), (440, 440, 80, 560, 560, 600, 1), (0, 0, 600, 1000, 1000, 1000, 0)],
    "suitcase": [
        (0, 0, 60, 1000, 1000, 800, 0), (100, 100, 0, 250, 900, 60, 1), (750, 100, 0, 900, 900, 60, 1),
        (250, 400, 800, 330, 600, 940, 1), (670, 400, 800, 750, 600, 940, 1), (250, 400, 940, 750, 600, 1000, 1),
    ],
}  # fmt: skip
SHAPES = {**LARGE, **SMALL}
COLORS: tuple[Color, ...] = (
    (196, 62, 52), (222, 132, 44), (214, 184, 66), (98, 158, 62), (46, 130, 96), (62, 160, 176), (58, 104, 186),
    (112, 82, 176), (178, 84, 158), (226, 138, 154), (140, 92, 58), (120, 126, 134), (66, 72, 92), (172, 196, 110),
)  # fmt: skip


def build(
    name: str,
    color: Color,
    corner: Spot,
    size: tuple[int, int, int],
    quarter_turns: int,
    shapes: Mapping[str, Sequence[Part]] = SHAPES,
) -> Thing:
    """A thing on the floor.

    Args:
        name: one of the shapes.
        color: of its first tone.
        corner: its lowest x and y.
        size: width (left to right), depth (front to back) and height, before it is turned.
        quarter_turns: how often it is turned to the left; its front looks along -y before.
        shapes: the parts of everything by its name.
    """
    return Thing(name, color, tuple(_part(part, corner, size, quarter_turns % 4) for part in shapes[name]))


def _part(part: Part, corner: Spot, size: tuple[int, int, int], turns: int) -> Box:
    width, depth, height = size
    x0, x1 = (part[place] * width // FULL for place in (0, 3))
    y0, y1 = (part[place] * depth // FULL for place in (1, 4))
    z0, z1 = (part[place] * height // FULL for place in (2, 5))
    for _ in range(turns):  # to the left: x becomes y, and y what is left of the depth
        x0, x1, y0, y1, width, depth = depth - y1, depth - y0, x0, x1, depth, width
    return Box((corner[0] + x0, corner[1] + y0, z0), (corner[0] + x1, corner[1] + y1, z1), part[6])
