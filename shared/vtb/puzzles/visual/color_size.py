"""Four nested shapes whose shades of one color go from light to dark in equal steps, inwards or outwards."""

from __future__ import annotations

import math
import random
from typing import Any, ClassVar

from vtb.media.image import Color
from vtb.puzzles.visual.common.base import Config
from vtb.puzzles.visual.common.family import VisualFamily
from vtb.puzzles.visual.common.record import Content, VisualRecord
from vtb.puzzles.visual.common.scene import (
    BASIC,
    CENTRE,
    COLORS,
    MISSING,
    SHAPES,
    Disc,
    Polygon,
    Shape,
    palette,
    regular,
)
from vtb.rng import below, pick, shuffled

SHADES = {"very light": 0.65, "light": 0.3, "medium": 0.0, "dark": -0.3, "very dark": -0.55}  # towards white or black
RADII = (228.0, 172.0, 116.0, 60.0)
FORMS = ("circle", *tuple(SHAPES)[1:])
SEEN = ((1, 2), (1, 3), (2, 3))  # of five shades: then each of the three others may be missing from a row of four


def shade(color: Color, towards: float) -> Color:
    """A color mixed with white, or with black for a negative share."""
    end, share = (255 if towards > 0 else 0), abs(towards)
    red, green, blue = (round(value + (end - value) * share) for value in color)
    return red, green, blue


NAMED = {f"{name} {color}": shade(COLORS[color], towards) for color in BASIC for name, towards in SHADES.items()}


class NestedRecord(VisualRecord, frozen=True, kw_only=True):
    """The form of the nested shapes."""

    form: str


class ColorSize(VisualFamily[NestedRecord]):
    """The family."""

    name = "visual_color_size"
    payload_class = NestedRecord
    part_name = "shape"
    asked = "color"
    places = 4
    starred = True
    palette = palette(NAMED.values())
    fills: ClassVar[dict[str, int]] = {name: number for number, name in enumerate(NAMED, 2)}
    content: ClassVar[Content] = {"form": (None, FORMS)}
    glyph = 60.0
    rule = "The colors of the nested shapes get lighter or darker in equal steps."

    def compose(self, rng: random.Random, config: Config) -> dict[str, Any]:
        """Four of five shades in a row, light to dark or dark to light."""
        color, form = pick(rng, BASIC), pick(rng, FORMS)
        first, right, hidden = (_two_missing if config.sampling == "fair" else _one_missing)(rng)
        order = [*range(first, first + 4)]
        order = order[::-1] if below(rng, 2) else order
        return {
            "values": [f"{tuple(SHADES)[number]} {color}" for number in order],
            "missing": order.index(right),
            "hidden": [order.index(number) for number in hidden],
            "form": form,
        }

    def vocabulary(self, record: NestedRecord, config: Config) -> list[str]:
        """The five shades of the color."""
        color = record.values[0].rsplit(" ", 1)[1]
        return [f"{name} {color}" for name in SHADES]

    def options(self, rng: random.Random, record: NestedRecord) -> list[str]:
        """All five shades, two of them not in the picture; where one is hidden, the three that are not seen."""
        seen = [*record.seen.values()] if record.hidden else []
        return shuffled(rng, [name for name in record.vocabulary if name not in seen])

    def part(self, record: NestedRecord, place: int, value: str | None) -> Shape:
        """One of the nested shapes; its number stands between it and the next."""
        fill = MISSING if value is None else self.fills[value]
        radius, inner = RADII[place], (*RADII, 0.0)[place + 1]
        if record.form == "circle":
            return Disc(CENTRE, radius, fill, label=_between(radius, inner, 1.0))
        sides = SHAPES[record.form]
        label = _between(radius, inner, math.cos(math.pi / sides))
        return Polygon(regular(sides, CENTRE, radius), fill, label=label)

    def explain(self, record: NestedRecord) -> str:
        """By the order of the shades."""
        inwards = self.vocabulary(record, Config()).index(record.values[0]) < 2
        return (
            f"{self.rule} From the outer one to the inner one they get {'darker' if inwards else 'lighter'}. "
            f"In the place of the question mark that makes {self.answer(record)}."
        )

    def distinct(self, config: Config) -> float | None:
        """Rows of shades (two starts, two directions), which are missing and hidden, the color and the form."""
        rows = 2 * 2 * 4 if config.sampling == "videothinkbench" else 2 * 3 * 4
        return rows * len(BASIC) * len(FORMS)


def _one_missing(rng: random.Random) -> tuple[int, int, set[int]]:
    """The first shade of four, the missing one, drawn first so that each is it equally often, and none hidden."""
    right = below(rng, 5)
    return (min(1, right) if right in (0, 4) else below(rng, 2)), right, set()


def _two_missing(rng: random.Random) -> tuple[int, int, set[int]]:
    """The first shade of four, the missing one, as often each that is not seen, and a hidden one."""
    seen = pick(rng, SEEN)
    right = pick(rng, [number for number in range(5) if number not in seen])
    first = pick(rng, [first for first in (0, 1) if {right, *seen} <= {*range(first, first + 4)}])
    return first, right, {*range(first, first + 4)} - {right, *seen}


def _between(radius: float, inner: float, apothem: float) -> tuple[float, float]:
    """The middle of the lower side of a ring, or of the innermost shape."""
    return CENTRE if inner == 0 else (CENTRE[0], CENTRE[1] + (radius + inner) / 2 * apothem)


FAMILY = ColorSize()
