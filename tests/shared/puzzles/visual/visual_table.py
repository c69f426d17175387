"""The ten visual puzzles, for the tests about them: their names, samples, and each rule written once more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from vtb.media.image import Image, to_rgb
from vtb.puzzles.registry import find_family
from vtb.puzzles.sample import make_example
from vtb.puzzles.visual.common.base import Config
from vtb.puzzles.visual.common.family import VisualFamily
from vtb.puzzles.visual.common.record import VisualRecord
from vtb.tasks.example import Example
from vtb.tasks.score import Score

MIXED = {"red": {"yellow": "orange", "blue": "purple"}, "yellow": {"red": "orange", "blue": "green"},
         "blue": {"red": "purple", "yellow": "green"}}  # fmt: skip
STARRED = {"size_grid", "shape_reflect", "color_size", "size_cycle", "shape_size_grid"}
SHADES = ("very light", "light", "medium", "dark", "very dark")


def family_of(name: str) -> VisualFamily[Any]:
    family = find_family(f"visual_{name}")
    assert isinstance(family, VisualFamily)
    return family


def example(name: str, index: int = 0, seed: int = 42, **options: Any) -> Example:
    return make_example(family_of(name), Config(**options), f"visual_{name}", seed, index)


def make(name: str, index: int = 0, seed: int = 42, **options: Any) -> Any:
    return example(name, index, seed, **options).payload


def chance(record: VisualRecord) -> float:
    """How often whoever sees the options alone is right."""
    return 1 / len(record.options)


def answer(record: VisualRecord) -> str:
    """The value of the missing part."""
    return record.values[record.missing]


def picture(name: str, record: Any, value: str | None) -> Image:
    """The picture with a value in the missing place."""
    family = family_of(name)
    return to_rgb(family._draw(record, value), family.palette)


def wrong_values(record: Any) -> list[str]:
    return [value for value in record.vocabulary if value != answer(record)]


def shift(image: Image, x: int, y: int) -> Image:
    return np.roll(np.roll(image, y, 0), x, 1)


def score(name: str, record: Any, image: Image) -> Score:
    return family_of(name).score_image(record, image)


def resized(width: int, height: int) -> Callable[[Image], Image]:
    def change(image: Image) -> Image:
        return np.asarray(PillowImage.fromarray(image).resize((width, height), PillowImage.Resampling.LANCZOS))

    return change


def noisy(image: Image) -> Image:
    noise = np.random.default_rng(1).normal(0, 20, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


# Each rule, from what the picture shows: the values without the missing one.
def _same_as(places: Callable[[Any, int], set[int]]) -> Callable[[Any, dict[int, str]], str]:
    def solve(record: Any, seen: dict[int, str]) -> str:
        (value,) = {seen[place] for place in places(record, record.missing) if place in seen}
        return value

    return solve


def _shades(record: Any, seen: dict[int, str]) -> str:
    steps = {place: SHADES.index(value.rsplit(" ", 1)[0]) for place, value in seen.items()}
    color = next(iter(seen.values())).rsplit(" ", 1)[1]
    slope, start = np.polyfit(list(steps), list(steps.values()), 1)
    return f"{SHADES[round(start + slope * record.missing)]} {color}"


def _mixture(record: Any, seen: dict[int, str]) -> str:
    one, other = record.squares[record.missing : record.missing + 2]
    return MIXED[one][other]


def _two_lines(record: Any, seen: dict[int, str]) -> str:
    """One shape a row and one size a column, or the other way round: whichever everything that is seen agrees with."""
    (answer,) = {answer for by_row in (True, False) if (answer := _in_lines(seen, record.missing, by_row))}
    return answer


def _in_lines(seen: dict[int, str], missing: int, by_row: bool) -> str | None:
    """The answer if shapes go by rows (or by columns), or None where the picture is not like that."""
    words = {(divmod(place, 3) if by_row else divmod(place, 3)[::-1]): value.split() for place, value in seen.items()}
    shapes = [{shape for (line, _), (_, shape) in words.items() if line == number} for number in range(3)]
    sizes = [{size for (_, line), (size, _) in words.items() if line == number} for number in range(3)]
    if any(len(found) > 1 for found in (*shapes, *sizes)):
        return None
    line, other = divmod(missing, 3) if by_row else divmod(missing, 3)[::-1]
    return f"{min(sizes[other])} {min(shapes[line])}"


RULES: dict[str, Callable[[Any, dict[int, str]], str]] = {
    "color_hexagon": _same_as(lambda record, place: {(place + 3) % 6}),
    "color_grid": _same_as(lambda record, place: {0, 2, 6, 8} if place % 2 == 0 else {1, 3, 5, 7}),
    "size_grid": _same_as(lambda record, place: {0, 2, 6, 8} if place % 2 == 0 else {1, 3, 5, 7}),
    "shape_reflect": _same_as(lambda record, place: {(place + 4) % 8}),
    "color_size": _shades,
    "size_cycle": _same_as(lambda record, place: set(range(place % 3, 9, 3))),
    "polygon_sides_color": _same_as(
        lambda record, place: {p for p in range(6) if record.sides[p] == record.sides[place]}
    ),
    "rectangle_height_color": _same_as(
        lambda record, place: {p for p in range(7) if record.heights[p] == record.heights[place]}
    ),
    "color_overlap_squares": _mixture,
    "shape_size_grid": _two_lines,
}
TEN = sorted(RULES)
