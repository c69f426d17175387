"""What moves: agents, which have a front, and objects, all of a few boxes.

Names tell nothing of how a thing moves. Footprints are about as deep as wide: what a body takes up is then told well by
an upright cylinder, which looks the same whichever way the body turns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vtb.scenes.furniture import SMALL, Part

_WHEELS: tuple[Part, ...] = (
    (60, 120, 0, 220, 340, 220, 1), (780, 120, 0, 940, 340, 220, 1), (60, 660, 0, 220, 880, 220, 1),
    (780, 660, 0, 940, 880, 220, 1),
)  # fmt: skip
# The front looks along -y: low y is the face. Tone 1 is the lighter one.
AGENTS: Mapping[str, Sequence[Part]] = {
    "car": [*_WHEELS, (60, 0, 220, 940, 1000, 560, 0), (160, 340, 560, 840, 960, 1000, 1)],
    "truck": [*_WHEELS, (60, 0, 220, 940, 300, 760, 1), (60, 300, 220, 940, 1000, 1000, 0)],
    "dog": [
        *((x, y, 0, x + 140, y + 120, 420, 1) for x in (240, 620) for y in (300, 800)),
        (240, 280, 420, 760, 940, 760, 0), (300, 0, 560, 700, 280, 1000, 1), (440, 940, 600, 560, 1000, 960, 1),
    ],
    "horse": [
        *((x, y, 0, x + 120, y + 120, 480, 0) for x in (280, 600) for y in (280, 840)),
        (280, 260, 480, 720, 960, 740, 0), (400, 140, 640, 600, 260, 1000, 0), (380, 0, 760, 620, 140, 1000, 1),
    ],
    "robot": [
        (200, 300, 0, 440, 700, 340, 1), (560, 300, 0, 800, 700, 340, 1), (120, 200, 340, 880, 800, 740, 0),
        (300, 300, 740, 700, 700, 1000, 1), (360, 220, 820, 640, 300, 940, 0), (0, 120, 420, 120, 640, 560, 1),
        (880, 120, 420, 1000, 640, 560, 1),
    ],
    "drone": [
        (300, 200, 300, 700, 800, 800, 0), (380, 0, 400, 620, 200, 700, 1),
        *((x, y, 800, x + 300, y + 300, 900, 1) for x in (0, 700) for y in (100, 700)),
        *((x, y, 500, x + 160, y + 300, 800, 0) for x in (140, 700) for y in (100, 700)),
    ],
    "bird": [
        (320, 240, 300, 680, 860, 760, 0), (360, 60, 600, 640, 240, 1000, 1), (440, 0, 700, 560, 60, 800, 0),
        (0, 360, 500, 320, 720, 580, 1), (680, 360, 500, 1000, 720, 580, 1), (420, 860, 440, 580, 1000, 600, 1),
    ],
    "sheep": [
        *((x, y, 0, x + 120, y + 120, 300, 1) for x in (260, 620) for y in (320, 780)),
        (160, 260, 300, 840, 1000, 900, 0), (340, 0, 480, 660, 260, 860, 1),
    ],
}  # fmt: skip
OBJECTS: Mapping[str, Sequence[Part]] = {
    **{name: SMALL[name] for name in ("chair", "stool", "trash can", "suitcase", "potted plant")},
    "crate": [(0, 0, 0, 1000, 1000, 120, 1), (40, 40, 120, 960, 960, 880, 0), (0, 0, 880, 1000, 1000, 1000, 1)],
    "cart": [
        *_WHEELS, (0, 0, 220, 1000, 1000, 360, 0), (0, 0, 360, 60, 1000, 1000, 0),
        (940, 0, 360, 1000, 1000, 1000, 0), (60, 940, 360, 940, 1000, 1000, 0),
    ],
    "balloon": [(440, 440, 0, 560, 560, 300, 1), (100, 100, 300, 900, 900, 1000, 0)],
}  # fmt: skip
SHAPES = {**AGENTS, **OBJECTS}
FLYING = ("drone", "bird", "balloon")
