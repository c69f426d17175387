"""Whatever the options allow, the letters of candidates can be read off the pictures and the frames of clips."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clip_frames import images_of
from legible import read_at
from vtb.errors import UsageProblem
from vtb.media.image import Image, Letterbox, to_rgb
from vtb.puzzles.eyeballing.common import draw
from vtb.puzzles.eyeballing.common.base import points_of
from vtb.puzzles.eyeballing.common.config import LEAST_RADIUS, Config
from vtb.puzzles.eyeballing.common.record import EyeballingRecord
from vtb.puzzles.family import Clip
from vtb.puzzles.registry import families
from vtb.puzzles.sample import encode_record_clip, make_example

FAMILIES = {name: family for name, family in families().items() if family.group == "eyeballing"}
LETTERS, RADII = "ABCDE", range(6, 25)
SCALES = [0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0]


def seen(image: Image, record: EyeballingRecord, *, blue: bool, scale: float = 1, left: int = 0, top: int = 0) -> str:
    """The letters at the five places in their order; a question mark where none can be read."""
    strong = image[..., 1] <= 110
    found, radius = "", record.point_radius
    reach = 1.4 * radius * scale if blue else draw.ring_of(radius, scale, right=False)[0]
    for x, y, _ in points_of(record):
        x, y, half = x * scale + left, y * scale + top, round(reach) + 8
        x0, y0 = max(0, round(x) - half), max(0, round(y) - half)
        part = strong[y0 : round(y) + half, x0 : round(x) + half].astype(np.uint8)
        found += read_at(part, x - x0, y - y0, reach, LETTERS) or "?"
    return found


@pytest.mark.parametrize("scale", SCALES)
def test_every_letter_at_every_radius_and_scale(scale: float) -> None:
    wrong = []
    for radius in (radius for radius in RADII if radius * scale >= LEAST_RADIUS):
        side = round(4 * (radius + 4) * scale)
        for letter in LETTERS:
            for right in (False, True):
                for off in (0.0, 0.25, 0.5, 0.75):  # of a pixel
                    picture = draw.blank(side, side)
                    x, y = side / 2 + off, side / 2 + off / 2
                    pen = draw.Pen(picture, Letterbox(scale, 0, 0), 5, radius)
                    pen.candidate(complex(x, y) / scale, letter, right=right)
                    ink = np.isin(picture, [draw.INDEX[name] for name in ("black", "outline", "right")]).view(np.uint8)
                    middle, _ = draw.ring_of(radius, scale, right=right)
                    if (found := read_at(ink, x, y, middle, LETTERS)) != letter:
                        wrong.append((radius, letter, found, right, off))
    assert wrong == []


OPTIONS: list[dict[str, Any]] = [
    {"point_radius": 6}, {"point_radius": 7}, {"point_radius": 8}, {"point_radius": 9}, {}, {"point_radius": 11},
    {"point_radius": 14}, {"point_radius": 24, "width": 640}, {"point_radius": 24, "width": 640, "line_width": 12},
    {"point_radius": 6, "width": 256}, {"point_radius": 10, "width": 256, "line_width": 12},
    {"point_radius": 6, "line_width": 1, "width": 2048}, {"point_radius": 7, "aspect": 2.0, "line_width": 12},
    {"point_radius": 6, "aspect": 0.5}, {"distractor_distance": 2.0, "point_radius": 7, "width": 640},
    {"sampling": "videothinkbench", "point_radius": 6, "line_width": 12},
]  # fmt: skip


@pytest.mark.parametrize("name", FAMILIES)
def test_every_letter_in_the_puzzles_of_every_task(name: str) -> None:
    family, wrong, made = FAMILIES[name], [], 0
    for options in OPTIONS:
        for index in range(2):
            try:
                record = make_example(family, Config(**options), name, 9, index).payload
            except UsageProblem:  # the figure does not fit these options
                continue
            made += 1
            for picture in (family.draw_puzzle(record), family.draw_solution(record)):
                found = seen(to_rgb(picture, family.palette), record, blue=name == "arc_connect")
                if found != LETTERS:
                    wrong.append((options, index, found))
    assert wrong == []
    assert made >= len(OPTIONS)  # at least half fit


@pytest.mark.parametrize("name", ["midpoint", "parallel", "right_triangle", "arc_connect", "arc_connect_point_ver"])
@pytest.mark.parametrize(("size", "radius"), [((288, 288), 10), ((480, 480), 6), ((480, 480), 8), ((832, 480), 24)])
def test_every_letter_in_a_clip_after_its_codec(name: str, size: tuple[int, int], radius: int) -> None:
    width = 480 if radius < 20 else 640
    config = Config(clip=Clip(5, 16, size), point_radius=radius, width=width)
    record = make_example(FAMILIES[name], config, name, 9, 0).payload
    first, clip = images_of(encode_record_clip(FAMILIES[name], record))[0], record.clip
    place = {"scale": clip.scale, "left": clip.offset[0], "top": clip.offset[1]}
    assert seen(first, record, blue=name == "arc_connect", **place) == LETTERS


def test_clips_that_leave_letters_no_room_are_refused() -> None:
    Config(clip=Clip(5, 16, (288, 288)), point_radius=7)
    with pytest.raises(UsageProblem, match=r"--clip-size 288x288: .* larger --point-radius"):
        Config(clip=Clip(5, 16, (288, 288)), point_radius=6)
