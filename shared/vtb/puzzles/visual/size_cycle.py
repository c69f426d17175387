"""Three arms of a spiral with three discs each: every arm repeats the same sizes from the middle outwards."""

from __future__ import annotations

import math
import random
from typing import Any, ClassVar

from vtb.puzzles.visual.common.base import Config
from vtb.puzzles.visual.common.family import VisualFamily
from vtb.puzzles.visual.common.patterns import SIZES, SIZES_NOTE, assign, missing_in
from vtb.puzzles.visual.common.record import Content, VisualRecord
from vtb.puzzles.visual.common.scene import CENTRE, COLORS, MISSING, SIDE, Disc
from vtb.rng import pick

RADII = dict(zip(SIZES, (SIDE / 32, SIDE / 19, SIDE / 13), strict=True))
DISTANCES, TWIST = (70.0, 138.0, 206.0), 40
TURNS, HANDS = (0, 30, 60, 90), (-1, 1)


class SpiralRecord(VisualRecord, frozen=True, kw_only=True):
    """The color of the discs, the turn of the spiral in degrees, and its direction."""

    color: str
    turn: int
    hand: int


class SizeCycle(VisualFamily[SpiralRecord]):
    """The family."""

    name = "visual_size_cycle"
    payload_class = SpiralRecord
    part_name = "disc"
    asked = "size"
    places = 9
    starred = True
    words = SIZES
    note = SIZES_NOTE
    content: ClassVar[Content] = {"color": (None, COLORS), "turn": (None, TURNS), "hand": (None, HANDS)}

    def compose(self, rng: random.Random, config: Config) -> dict[str, Any]:
        """Sizes along an arm; the spiral's direction, its turn and its color."""
        return {
            "values": assign(rng, 3, SIZES) * 3,
            **missing_in(rng, [range(step, 9, 3) for step in range(3)], config.sampling),
            "color": pick(rng, config.color_names),
            "turn": pick(rng, TURNS),
            "hand": pick(rng, HANDS),
        }

    def part(self, record: SpiralRecord, place: int, value: str | None) -> Disc:
        """A disc on an arm; a missing one is always as large as the largest."""
        arm, step = divmod(place, 3)
        angle = math.radians(record.turn + 120 * arm + record.hand * TWIST * step)
        centre = CENTRE[0] + DISTANCES[step] * math.cos(angle), CENTRE[1] + DISTANCES[step] * math.sin(angle)
        if value is None:
            return Disc(centre, RADII["large"], MISSING, outlined=False)
        return Disc(centre, RADII[value], self.fills[record.color])

    def explain(self, record: SpiralRecord) -> str:
        """By the other arms."""
        sizes = ", ".join(record.values[:3])
        same = [place + 1 for place in range(record.missing % 3, 9, 3) if place in record.seen]
        return (
            f"Each of the three arms of the spiral has the same sizes from the middle outwards: {sizes}. The question "
            f"mark has the place of discs {same[0]} and {same[1]}, so the answer is {self.answer(record)}."
        )

    def distinct(self, config: Config) -> float | None:
        """Sizes along an arm, the missing disc, with a hidden one at each other step, color, turn and direction."""
        views = len(TURNS) * len(HANDS) * config.colors
        missing = 9 if config.sampling == "videothinkbench" else 3 * 3**3
        return missing * views * math.perm(len(SIZES), 3)


FAMILY = SizeCycle()
