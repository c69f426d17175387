"""The numbers that are printed into visual puzzles can be read in pictures of every size and on every color."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from legible import read_number
from shared.puzzles.visual.visual_table import TEN, family_of
from vtb.media.image import to_rgb
from vtb.puzzles.sample import make_example
from vtb.puzzles.visual.common import scene

OPTIONS: list[dict[str, Any]] = [
    {}, {"target_size": (176, 176)}, {"target_size": (200, 900)}, {"target_size": (256, 256)}, {"colors": 10},
    {"colors": 10, "target_size": (176, 256)}, {"target_size": (400, 300)}, {"sampling": "videothinkbench"},
]  # fmt: skip


@pytest.mark.parametrize("name", TEN)
def test_numbers_can_be_read(name: str) -> None:
    family, wrong = family_of(name), []
    for options in OPTIONS:
        for index in range(3):
            record = make_example(family, family.config_class(**options), name, 5, index).payload
            before = to_rgb(family.draw_puzzle(record), family.palette).astype(int)
            after = family.draw_reasoning(record).astype(int)
            ink = (np.abs(after - before).sum(axis=2) >= 200).view(np.uint8)  # what has changed, and can be told
            left, top, side = record.area
            for place, value in enumerate(record.values):
                if place in record.seen:
                    x, y = (v * side / scene.SIDE for v in scene.label(family.part(record, place, value)))
                    half = round(22 * side / scene.SIDE) + 1
                    x0, y0 = left + round(x), top + round(y)
                    part = ink[max(0, y0 - half) : y0 + half, max(0, x0 - half) : x0 + half]
                    if read_number(part, len(str(place + 1))) != str(place + 1):
                        wrong.append((options, index, place + 1))
    assert wrong == []
