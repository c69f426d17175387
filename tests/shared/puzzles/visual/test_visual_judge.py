"""Judging pictures and clips of visual puzzles: what is right passes however it is stored, what is wrong never does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from PIL import Image as PillowImage
from PIL import ImageDraw

from shared.puzzles.visual.visual_table import (
    TEN,
    answer,
    family_of,
    make,
    noisy,
    picture,
    resized,
    score,
    shift,
    wrong_values,
)
from vtb.media.image import Image, decode_image, encode_rgb, to_rgb
from vtb.puzzles.visual.common.scene import Disc, Point, Shape

every_puzzle = pytest.mark.parametrize("name", TEN)
BY_SHAPE = [name for name in TEN if family_of(name).asked != "color"]
SEVERAL = range(2)


CHANGES: dict[str, Callable[[Image], Image]] = {
    "as it is": lambda image: image,
    "JPEG 90": lambda image: decode_image(encode_rgb(image, quality=90)),
    "JPEG 50": lambda image: decode_image(encode_rgb(image, quality=50)),
    "noise": noisy,
    "a little darker": lambda image: (image * 0.96).astype(np.uint8),
    "shifted right": lambda image: shift(image, 3, 0),
    "shifted up": lambda image: shift(image, 1, -2),
    "half the size": resized(640, 352),
    "larger": resized(1920, 1056),
    "of another shape": resized(832, 480),
}


@pytest.mark.parametrize("change", CHANGES)
@every_puzzle
def test_right_passes_and_wrong_fails(name: str, change: str) -> None:
    for index in SEVERAL:
        record = make(name, index)
        done = score(name, record, CHANGES[change](picture(name, record, answer(record))))
        assert (done.strict, done.tolerant, done.reason) == (True, True, "solved"), done.details
        assert done.details["auto"]
        assert done.details["part"] == answer(record)
        for value in [None, *wrong_values(record)]:
            found = score(name, record, CHANGES[change](picture(name, record, value)))
            assert (found.strict, found.tolerant, found.details["auto"]) == (False, False, False), value
            assert found.reason in ("the missing part is wrong", "the missing part is not filled in")


@every_puzzle
def test_a_change_elsewhere_is_wrong(name: str) -> None:
    record = make(name, 1)
    for place, value in record.seen.items():
        for other in set(record.vocabulary) - {value}:
            if {value, other} == {"small pentagon", "small hexagon"}:
                continue  # these two differ by less than an answer may
            values = [other if p == place else v for p, v in enumerate(record.values)]
            found = score(name, record, picture(name, replace(record, values=values), answer(record)))
            assert (found.strict, found.reason) == (False, "the rest has changed"), (place, value, other)


@pytest.mark.parametrize("name", sorted(set(TEN) - {"color_overlap_squares"}))
def test_a_hidden_part_that_is_filled_in_as_well_is_wrong(name: str) -> None:
    record = make(name, 1)
    assert record.hidden
    for place in record.hidden:
        hidden = [other for other in record.hidden if other != place]
        found = score(name, record, picture(name, replace(record, hidden=hidden), answer(record)))
        assert (found.strict, found.reason) == (False, "the rest has changed"), place


@pytest.mark.parametrize("name", sorted(set(TEN) - {"color_size", "color_overlap_squares"}))
def test_a_part_that_vanishes_is_wrong(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    family, record = family_of(name), make(name, 2)
    real, nothing = family.part, Disc((-50, -50), 1, 0)
    for gone in (record.missing, *record.seen):

        def part(record: Any, place: int, value: str | None, gone: int = gone) -> Shape:
            return nothing if place == gone else real(record, place, value)

        with monkeypatch.context() as patch:
            patch.setattr(family, "part", part)
            image = to_rgb(family.draw_solution(record), family.palette)
        assert not score(name, record, image).strict, gone


@every_puzzle
def test_half_an_answer_is_none(name: str) -> None:
    for index in range(5):
        record = make(name, index)
        puzzle, solution = picture(name, record, None), picture(name, record, answer(record))
        columns = np.flatnonzero((puzzle != solution).any(axis=(0, 2)))
        half = puzzle.copy()
        half[:, : columns.mean().astype(int)] = solution[:, : columns.mean().astype(int)]
        assert not score(name, record, half).strict


def outline(shape: Shape) -> list[Point]:
    if not isinstance(shape, Disc):
        return list(shape.points)
    angles = np.linspace(0, 2 * np.pi, 90)
    return [(shape.centre[0] + shape.radius * np.cos(a), shape.centre[1] + shape.radius * np.sin(a)) for a in angles]


class Pillow:
    """Draws over a puzzle at another size with Pillow."""

    def __init__(self, name: str, record: Any, scale: float) -> None:
        puzzle = PillowImage.fromarray(picture(name, record, None))
        self.drawing = puzzle.resize((round(1280 * scale), round(704 * scale)), PillowImage.Resampling.LANCZOS)
        self.pen, self.scale, self.record = ImageDraw.Draw(self.drawing), scale, record

    def draw(self, shape: Shape, fill: tuple[int, ...], *, line: bool = True, stretch: float = 1.0) -> None:
        (left, top, _), (x0, y0) = self.record.area, shape.centre
        points = [
            (((x - x0) * stretch + x0 + left) * self.scale, ((y - y0) * stretch + y0 + top) * self.scale)
            for x, y in outline(shape)
        ]
        ends: dict[str, Any] = {"outline": (0, 0, 0), "width": round(4 * self.scale)} if line else {}
        self.pen.polygon(points, fill=fill, **ends)


@pytest.mark.parametrize("name", [name for name in TEN if family_of(name).asked == "color"])
def test_colors_painted_with_another_library(name: str) -> None:
    """A little off the color; every other color is wrong."""
    family, record = family_of(name), make(name, 5)
    colors = family.colors(record)
    for value, color in colors.items():
        pillow = Pillow(name, record, 0.75)
        pillow.draw(family.part(record, record.missing, None), tuple(min(255, part + 8) for part in color))
        for place in range(record.missing + 1, 4 if name == "color_size" else 0):  # these lie on top
            known = record.seen.get(place)
            pillow.draw(family.part(record, place, known), colors[known] if known else (238, 238, 238))
        found = score(name, record, np.asarray(pillow.drawing))
        assert found.strict == (value == answer(record)), (value, found)


@pytest.mark.parametrize("index", range(4))
@pytest.mark.parametrize("name", BY_SHAPE)
def test_shapes_drawn_with_another_library(name: str, index: int) -> None:
    """In another color and with the outline within the edge; a shape or size beside it is wrong."""
    family, record = family_of(name), make(name, index)
    right = answer(record)
    for value, stretch in [*((value, 1.0) for value in record.vocabulary), (right, 1.5)]:
        pillow = Pillow(name, record, 1.5)
        pillow.draw(family.part(record, record.missing, None), (255, 255, 255), line=False)
        pillow.draw(family.part(record, record.missing, value), (40, 140, 90), stretch=stretch)
        found = score(name, record, np.asarray(pillow.drawing))
        assert found.strict == (value == right and stretch == 1.0), (value, stretch, found)


def test_a_copy_that_is_not_mirrored_is_wrong() -> None:
    family = family_of("shape_reflect")
    for index in range(40):
        record = make("shape_reflect", index)
        looks = family.looks(record)
        if f"{answer(record)}, not mirrored" in looks:
            other = replace(record, values=record.values)
            turned = _turned_part(record)
            assert score("shape_reflect", other, turned).details["part"] == f"{answer(record)}, not mirrored"
            assert not score("shape_reflect", other, turned).strict


def _turned_part(record: Any) -> Image:
    """The solution with the missing part upside down."""
    solution = picture("shape_reflect", record, answer(record))
    left, top, _ = record.area
    x, y = family_of("shape_reflect").part(record, record.missing, None).centre
    box = slice(top + round(y) - 60, top + round(y) + 60), slice(left + round(x) - 58, left + round(x) + 58)
    solution[box] = solution[box][::-1]
    return solution


@every_puzzle
def test_diff_is_as_the_benchmark_defines_it(name: str) -> None:
    record = make(name, 3)
    solution = picture(name, record, answer(record))[96:608, 384:896].astype(float)
    for value in (None, answer(record), wrong_values(record)[0]):
        image = noisy(picture(name, record, value))
        area = image[96:608, 384:896].astype(float)
        if name in BY_SHAPE:
            grey = [(part @ [0.299, 0.587, 0.114]).round() > 245 for part in (area, solution)]
            wanted = (grey[0] != grey[1]).sum()
        else:
            wanted = np.linalg.norm(area - solution, axis=2).sum()
        assert score(name, record, image).details["diff"] == pytest.approx(wanted, rel=1e-3)
    clean = picture(name, record, answer(record))
    clean[:, :380] = 0  # outside the puzzle's area
    assert score(name, record, clean).details["diff"] == 0
    assert score(name, record, clean).strict
