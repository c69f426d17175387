"""Three by three shapes: one shape a row and one size a column, or the other way round."""

from __future__ import annotations

import math
import random
from typing import Any, ClassVar

from vtb.puzzles.visual.common.base import Config
from vtb.puzzles.visual.common.disc_grid import place_in_grid
from vtb.puzzles.visual.common.family import VisualFamily
from vtb.puzzles.visual.common.patterns import SIZES, assign
from vtb.puzzles.visual.common.record import ColoredRecord, Content
from vtb.puzzles.visual.common.scene import COLORS, MISSING, SHAPES, Disc, Polygon, Shape, regular
from vtb.rng import below, pick, shuffled

SPACING = 154
RADII = dict(zip(SIZES, (28.0, 46.0, 64.0), strict=True))


class ShapeSizeGrid(VisualFamily[ColoredRecord]):
    """The family."""

    name = "visual_shape_size_grid"
    payload_class = ColoredRecord
    part_name = "figure"
    asked = "size and shape"
    places = 9
    starred = True
    words = tuple(f"{size} {shape}" for shape in SHAPES for size in SIZES)
    note = "A large figure just fits into the grey disc; a medium one is about 0.7 and a small one 0.4 times as wide."
    content: ClassVar[Content] = {"color": (None, COLORS)}

    def compose(self, rng: random.Random, config: Config) -> dict[str, Any]:
        """Shapes along one direction and sizes along the other, and the color of all."""
        shapes = assign(rng, 3, tuple(SHAPES))
        sizes = assign(rng, 3, SIZES)
        cells = [f"{size} {shape}" for shape in shapes for size in sizes]
        if below(rng, 2):
            cells = [cells[column * 3 + row] for row in range(3) for column in range(3)]
        out = [*range(9)]
        if config.sampling == "fair":  # one in each row and column: then each shape and each size is seen twice
            out = [3 * row + column for row, column in enumerate(shuffled(rng, range(3)))]
        missing = pick(rng, out)
        hidden = sorted({*out} - {missing}) if config.sampling == "fair" else []
        return {"values": cells, "missing": missing, "hidden": hidden, "color": pick(rng, config.color_names)}

    def options(self, rng: random.Random, record: ColoredRecord) -> list[str]:
        """What is hidden. Where only the answer is, two sizes of two shapes: each twice, so that none stands out.

        The wrong ones are taken from the picture in half of the puzzles, from everything in the others; so neither
        what the picture shows most often nor what it does not show tells the answer.
        """
        if record.hidden:
            return shuffled(rng, [record.values[place] for place in (record.missing, *record.hidden)])
        size, shape = self.answer(record).split()
        known = " ".join(record.values).split() if below(rng, 2) else [*SIZES, *SHAPES]
        other_size = pick(rng, [name for name in SIZES if name in known and name != size])
        other_shape = pick(rng, [name for name in SHAPES if name in known and name != shape])
        return shuffled(rng, [f"{a} {b}" for a in (size, other_size) for b in (shape, other_shape)])

    def part(self, record: ColoredRecord, place: int, value: str | None) -> Shape:
        """A shape in the grid."""
        centre = place_in_grid(place, SPACING)
        if value is None:
            return Disc(centre, RADII["large"], MISSING, outlined=False)
        size, shape = value.split()
        return Polygon(regular(SHAPES[shape], centre, RADII[size]), self.fills[record.color])

    def explain(self, record: ColoredRecord) -> str:
        """By the other shapes in the row and in the column."""
        row, column = divmod(record.missing, 3)
        by_row = len({value.split()[1] for value in record.values[:3]}) == 1
        size, shape = self.answer(record).split()
        lines = ("row", "column") if by_row else ("column", "row")
        return (
            f"The shapes in a {lines[0]} are the same, and the sizes in a {lines[1]} are the same. The question mark "
            f"is in row {row + 1} and column {column + 1}, where the shape is a {shape} and the size is {size}, so the "
            f"answer is {size} {shape}."
        )

    def distinct(self, config: Config) -> float | None:
        """Shapes, sizes, the two directions, the missing shape (one of three in one of six orders) and the color."""
        missing = 9 if config.sampling == "videothinkbench" else 6 * 3
        return math.perm(len(SHAPES), 3) * math.perm(len(SIZES), 3) * 2 * missing * config.colors


FAMILY = ShapeSizeGrid()
